"""The one stream or fork a leg may have, and the errors around it."""

from __future__ import annotations

from typing import Protocol

from simulator.schema.errors import CarrierError, Problem


class Medium(Protocol):
    """Something that carries a leg's sound to somewhere else."""

    def end(self) -> None:
        """Stop, tell of it, and let the leg go; ending twice is no error."""

    def press(self, digit: str) -> None:
        """Hear that a key was pressed on the leg."""


def in_use() -> CarrierError:
    """Return the answer to a second stream or fork on a leg."""
    detail = "Only one streaming or forking operation may run on a call."
    return CarrierError(422, [Problem("90045", "Media streaming is used", detail)])


def not_streaming() -> CarrierError:
    """Return the answer to a stop without a stream."""
    detail = "No media streaming runs on the call."
    return CarrierError(422, [Problem("90048", "Media streaming is not used", detail)])


def not_forked() -> CarrierError:
    """Return the answer to a stop without a fork."""
    return CarrierError(422, [Problem("90031", "Call is not forked", "The call's media is not forked.")])
