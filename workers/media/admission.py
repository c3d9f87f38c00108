"""Asks whose leg a forked packet belongs to, and keeps its first packets meanwhile; bounded against floods."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import NamedTuple

from orchestrator.errors import StoreUnavailable
from workers.media.tally import Tally

FindCalls = Callable[[Sequence[str]], Awaitable[Mapping[str, str]]]
"""Returns the call of each leg that belongs to a call here; raises StoreUnavailable when it cannot know."""

MOST_PENDING = 256
_KEPT_EACH = 50
_REFUSED_FOR_S = 2.0
_MOST_REFUSED = 10_000


class Packet(NamedTuple):
    """A datagram and the address it came from."""

    data: bytes
    sender: str


class Admission:
    """Judges legs in batches; what comes for a leg under judgement is kept, up to a second of it."""

    def __init__(self, find_calls: FindCalls, *, tally: Tally) -> None:
        self._find_calls = find_calls
        self._tally = tally
        self._pending: dict[str, list[Packet]] = {}
        self._refused: dict[str, float] = {}
        self._asked_for = asyncio.Event()

    async def wait_until_asked_for(self) -> None:
        """Return once a leg waits to be judged."""
        await self._asked_for.wait()

    def keep(self, leg: str, packet: Packet, *, now: float) -> None:
        """Keep a packet of an unknown leg for `admit_known_legs`, or count and drop it."""
        waiting = self._pending.get(leg)
        if waiting is None:
            if len(self._pending) >= MOST_PENDING or self._refused.get(leg, 0.0) > now:
                self._tally.add("packets_of_unknown_legs")
                return
            waiting = self._pending[leg] = []
            self._asked_for.set()
        if len(waiting) < _KEPT_EACH:
            waiting.append(packet)
        else:
            self._tally.add("packets_of_unknown_legs")

    async def admit_known_legs(self, *, now: float) -> list[tuple[str, str, list[Packet]]]:
        """Return (leg, call, packets kept) of known legs; the others are refused for 2 s."""
        if not self._pending:
            return []
        asked = list(self._pending)
        try:
            found = await self._find_calls(asked)
        except StoreUnavailable:
            self._tally.add("legs_not_asked")
            return []  # asked again at the next turn; what is kept stays bounded
        packets_of = {leg: self._pending.pop(leg) for leg in asked}
        if not self._pending:
            self._asked_for.clear()
        self._refuse([leg for leg in asked if leg not in found], packets_of, until=now + _REFUSED_FOR_S)
        return [(leg, found[leg], packets_of[leg]) for leg in asked if leg in found]

    def _refuse(self, legs: Sequence[str], packets_of: Mapping[str, list[Packet]], *, until: float) -> None:
        if len(self._refused) > _MOST_REFUSED:
            self._refused.clear()
        for leg in legs:
            self._refused[leg] = until
            self._tally.add("packets_of_unknown_legs", len(packets_of[leg]))
