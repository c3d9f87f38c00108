"""Limits for each receiver, so that one that never responds neither delays others nor fills the memory."""

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
    """Slots for each host and port; an unused receiver is forgotten."""

    def __init__(self, *, at_once: int = AT_ONCE, max_waiting: int = MAX_WAITING, max_total: int = MAX_TOTAL) -> None:
        self._at_once, self._max_waiting, self._max_total = at_once, max_waiting, max_total
        self._receivers: dict[str, _Receiver] = {}
        self._waiting = 0

    def __len__(self) -> int:
        return len(self._receivers)

    def admit(self, url: str) -> bool:
        """Admit one more webhook for this URL; False when too many wait for its receiver, or for all together."""
        receiver = self._of(url)
        if receiver.waiting >= self._max_waiting or self._waiting >= self._max_total:
            self._forget_unused(url)
            return False
        receiver.waiting += 1
        self._waiting += 1
        return True

    def release(self, url: str) -> None:
        """Release an admitted webhook that was delivered or given up."""
        self._of(url).waiting -= 1
        self._waiting -= 1
        self._forget_unused(url)

    @asynccontextmanager
    async def slot(self, url: str) -> AsyncIterator[None]:
        """Wait for one of the concurrent attempts that a receiver may have."""
        receiver = self._of(url)
        receiver.trying += 1
        try:
            async with receiver.slots:
                yield
        finally:
            receiver.trying -= 1
            self._forget_unused(url)

    def _of(self, url: str) -> _Receiver:
        name = _host_and_port(url)
        if name not in self._receivers:
            self._receivers[name] = _Receiver(asyncio.Semaphore(self._at_once))
        return self._receivers[name]

    def _forget_unused(self, url: str) -> None:
        receiver = self._of(url)
        if not receiver.waiting and not receiver.trying:
            del self._receivers[_host_and_port(url)]


@lru_cache(maxsize=1_024)
def _host_and_port(url: str) -> str:
    return urlsplit(url).netloc.lower()
