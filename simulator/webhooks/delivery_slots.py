"""Room for what is on its way to each receiver: one that never answers holds up no other and fills no memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

AT_ONCE = 128
MAX_WAITING = 10_000
MAX_TOTAL = 40_000


@dataclass(slots=True)
class _Receiver:
    slots: asyncio.Semaphore
    waiting: int = 0
    trying: int = 0


class DeliverySlots:
    """A lane for each host and port; one that nobody uses is forgotten."""

    def __init__(self, *, at_once: int = AT_ONCE, max_waiting: int = MAX_WAITING, max_total: int = MAX_TOTAL) -> None:
        self._at_once, self._max_waiting, self._max_total = at_once, max_waiting, max_total
        self._lanes: dict[str, _Receiver] = {}
        self._waiting = 0

    def __len__(self) -> int:
        return len(self._lanes)

    def admit(self, url: str) -> bool:
        """Take one more for this address until it leaves; say no where too many wait for it, or for all together."""
        lane = self._of(url)
        if lane.waiting >= self._max_waiting or self._waiting >= self._max_total:
            self._forget_unused(url)
            return False
        lane.waiting += 1
        self._waiting += 1
        return True

    def leave(self, url: str) -> None:
        """Let one go that was admitted, delivered or given up."""
        self._of(url).waiting -= 1
        self._waiting -= 1
        self._forget_unused(url)

    @asynccontextmanager
    async def slot(self, url: str) -> AsyncIterator[None]:
        """Wait for one of the tries that this address may have at a time."""
        lane = self._of(url)
        lane.trying += 1
        try:
            async with lane.slots:
                yield
        finally:
            lane.trying -= 1
            self._forget_unused(url)

    def _of(self, url: str) -> _Receiver:
        receiver = _receiver(url)
        if receiver not in self._lanes:
            self._lanes[receiver] = _Receiver(asyncio.Semaphore(self._at_once))
        return self._lanes[receiver]

    def _forget_unused(self, url: str) -> None:
        lane = self._of(url)
        if not lane.waiting and not lane.trying:
            del self._lanes[_receiver(url)]


@lru_cache(maxsize=1_024)
def _receiver(url: str) -> str:
    return urlsplit(url).netloc.lower()
