"""Copying a leg's RTP to a UDP address, and stopping it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

from orchestrator.telnyx.commands.base import Problem, RepeatableCommand, exclusive, unset_means
from orchestrator.telnyx.commands.values import UdpTarget
from orchestrator.telnyx.event_types import EventType

ForkedMedia = Literal["raw", "decrypted"]


class ForkStart(RepeatableCommand):
    """Copy media to one `target`, both directions behind a STREP header, or to `rx` and `tx` as plain RTP.

    Addresses are `udp:ip:port`. `rx` takes what comes in to the carrier, `tx` what it sends. Today's schema has only
    the pair and only decrypted media; `target` and raw media are of the older one, where raw was the default. A fork
    ends a websocket stream of the same call.
    """

    action: ClassVar[str] = "fork_start"
    expects: ClassVar[frozenset[str]] = frozenset({EventType.FORK_STARTED, EventType.FORK_STOPPED})
    ended_by: ClassVar[str | None] = EventType.FORK_STOPPED
    stopped_by: ClassVar[str | None] = "fork_stop"

    rx: UdpTarget | None = None
    tx: UdpTarget | None = None
    target: UdpTarget | None = None
    stream_type: ForkedMedia | None = None

    def problems(self) -> Iterator[Problem]:
        """Yield no address, half a pair, both kinds of address, and decrypted media to a single target."""
        yield from super().problems()
        yield from exclusive(self, "target", "rx")
        yield from exclusive(self, "target", "tx")
        if self.target is None:
            yield from self._incomplete()
        elif self.stream_type == "decrypted":
            yield Problem("stream_type", "decrypted needs rx and tx, not target")

    def _incomplete(self) -> Iterator[Problem]:
        if self.rx is None and self.tx is None:
            yield Problem("target", "one of target, or rx together with tx, is needed")
        elif self.rx is None:
            yield Problem("rx", "is needed together with tx")
        elif self.tx is None:
            yield Problem("tx", "is needed together with rx")


class ForkStop(RepeatableCommand):
    """Stop forking; refused where nothing is forked (90031). `stream_type` picks what to stop, raw unless set."""

    action: ClassVar[str] = "fork_stop"
    expects: ClassVar[frozenset[str]] = frozenset({EventType.FORK_STOPPED})

    stream_type: ForkedMedia | None = unset_means("raw")
