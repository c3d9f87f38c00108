"""Room for what is on its way to each receiver: one that never answers holds up no other and fills no memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

AT_ONCE = 128
MOST_WAITING = 10_000
MOST_IN_ALL = 40_000


@dataclass(slots=True)
class _Lane:
    slots: asyncio.Semaphore
    waiting: int = 0
    trying: int = 0


class Lanes:
    """A lane for each host and port; one that nobody uses is forgotten."""

    def __init__(
        self, *, at_once: int = AT_ONCE, most_waiting: int = MOST_WAITING, most_in_all: int = MOST_IN_ALL
    ) -> None:
        self._at_once, self._most_waiting, self._most_in_all = at_once, most_waiting, most_in_all
        self._lanes: dict[str, _Lane] = {}
        self._waiting = 0

    def __len__(self) -> int:
        return len(self._lanes)

    def admit(self, url: str) -> bool:
        """Take one more for this address until it leaves; say no where too many wait for it, or for all together."""
        lane = self._of(url)
        if lane.waiting >= self._most_waiting or self._waiting >= self._most_in_all:
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

    def _of(self, url: str) -> _Lane:
        receiver = _receiver(url)
        if receiver not in self._lanes:
            self._lanes[receiver] = _Lane(asyncio.Semaphore(self._at_once))
        return self._lanes[receiver]

    def _forget_unused(self, url: str) -> None:
        lane = self._of(url)
        if not lane.waiting and not lane.trying:
            del self._lanes[_receiver(url)]


@lru_cache(maxsize=1_024)
def _receiver(url: str) -> str:
    return urlsplit(url).netloc.lower()
