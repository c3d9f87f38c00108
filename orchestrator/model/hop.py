"""The way of a command from the webhook that caused it to the carrier's answer, hop by hop."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from itertools import pairwise
from typing import Any


class Hop(StrEnum):
    """A part of the way; the whole is that from the webhook at our door to the command on its way."""

    DOOR_TO_READ = "door_to_read"  # in the stream, until an engine takes it
    READ_TO_COMMIT = "read_to_commit"  # matched, decided
    COMMIT_TO_START = "commit_to_start"  # committed, and its wake-up in the queue until a worker has it
    START_TO_POST = "start_to_post"
    POST_TO_ANSWER = "post_to_answer"  # the carrier's part
    WHOLE = "webhook_to_command"


BOUNDS_MS = (1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100, 150, 200, 300, 500, 1_000, 2_000, 5_000)
"""Upper bounds of what is counted together; what took longer is counted too."""

_PARTS = tuple(hop for hop in Hop if hop is not Hop.WHOLE)


def hops_of(command: Mapping[str, Any], *, started_ms: float, posted_ms: float, answered_ms: float) -> dict[Hop, float]:
    """Return the milliseconds of each hop, from the times on the command and those of its sending.

    Empty for a command that does not carry them: one of a version before, or one that no event has caused. The clocks
    of several machines differ by some milliseconds: no hop takes less than none.
    """
    known = (command.get("caused_at"), command.get("read_at"), command.get("committed_at"))
    if None in known:
        return {}
    times = [*map(float, known), started_ms, posted_ms, answered_ms]  # type: ignore[arg-type]  # none is None
    return dict(_named(times))


def _named(times: list[float]) -> Iterator[tuple[Hop, float]]:
    for hop, (began, ended) in zip(_PARTS, pairwise(times), strict=True):
        yield hop, max(0.0, ended - began)
    yield Hop.WHOLE, max(0.0, times[-2] - times[0])
