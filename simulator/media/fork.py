"""A fork: both directions of a leg as RTP over UDP, plain to rx and tx, or with a STREP header to one target."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Mapping
from typing import Any

from simulator.media.pacing import Reorderer, ticks
from simulator.media.packets import RtpSource, strep_header
from simulator.media.speech_samples import speech_frames
from simulator.schema.addresses import udp_address
from simulator.state.leg import Leg
from simulator.webhook_events import emit
from simulator.world import World

_DEFAULT_TYPE = "decrypted"


class Fork:
    """One running fork; no receiver is needed."""

    def __init__(self, world: World, leg: Leg, body: Mapping[str, Any]) -> None:
        self._world = world
        self._leg = leg
        self._stream_type = body.get("stream_type") or _DEFAULT_TYPE
        self._directions = _directions(leg, body)
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Start sending, and send `call.fork.started`."""
        self._leg.media_output = self
        emit(self._world, self._leg, "call.fork.started", stream_type=self._stream_type)
        self._task = asyncio.create_task(self._run())

    def end(self) -> None:
        """Stop sending, and send `call.fork.stopped`."""
        if self._leg.media_output is not self:
            return
        self._leg.media_output = None
        if self._task is not None:
            self._task.cancel()
        emit(self._world, self._leg, "call.fork.stopped", stream_type=self._stream_type)

    def press(self, digit: str) -> None:
        """Do nothing: a fork carries only audio."""

    async def _run(self) -> None:
        try:
            async for number in ticks():
                for direction in self._directions:
                    for _ in range(direction.send(number)):
                        self._world.counters.add("fork_packets", direction.track)
        finally:
            for direction in self._directions:
                direction.close()


class _Direction:
    """The packets of one direction to one address."""

    def __init__(self, track: str, address: tuple[str, int], header: bytes) -> None:
        self.track = track
        self._sound = speech_frames("outbound" if track == "tx" else "inbound")
        self._source = RtpSource(header=header)
        self._reorderer = Reorderer()
        self._socket = socket.socket(socket.AF_INET6 if ":" in address[0] else socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._address = address

    def send(self, number: int) -> int:
        """Send what is ready and return how many packets that were: one that is held back leaves with the next."""
        sent = 0
        for packet in self._reorderer.order(self._source.packet(self._sound[(number - 1) % len(self._sound)])):
            # UDP is best effort: a full buffer or a missing receiver is no error of the call.
            with contextlib.suppress(OSError):
                self._socket.sendto(packet, self._address)
                sent += 1
        return sent

    def close(self) -> None:
        self._socket.close()


def _directions(leg: Leg, body: Mapping[str, Any]) -> tuple[_Direction, ...]:
    target = body.get("target")
    given = ((track, target or body.get(track)) for track in ("rx", "tx"))
    return tuple(
        _Direction(track, udp_address(address), _header(leg, track) if target else b"")
        for track, address in given
        if address
    )


def _header(leg: Leg, track: str) -> bytes:
    return strep_header(leg.call_leg_id, is_b_leg=leg.role != "A", is_sent=track == "tx")
