"""The open connections: how many there may be, which have used up their time, and which is closed when it is full."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from typing import Protocol

from api.http.responses import Refusal
from api.server.error_responses import CROWDED

_LOOK_EVERY_S = 0.2


class OpenConnection(Protocol):
    """A connection, as the table sees it."""

    @property
    def waits_since(self) -> float:
        """Return since when we wait for it, leaving out the time that its bytes have bought."""

    @property
    def is_waiting_for_peer(self) -> bool:
        """Say whether nothing goes on but that we wait for the other side."""

    @property
    def holds_memory(self) -> bool:
        """Say whether a body that still arrives is kept for it."""

    def look_at_clock(self, now: float) -> None:
        """End it if its time is over."""

    def evict(self, refusal: Refusal) -> None:
        """End it now."""

    def stop(self) -> None:
        """End it if nothing is under way, else after that."""

    def abort(self) -> None:
        """Break it off."""


class ConnectionTable:
    """The connections of one process; it watches the clock only while there are any."""

    def __init__(self, *, most: int) -> None:
        self.open: dict[OpenConnection, None] = {}
        self._most = most
        self._loop = asyncio.get_running_loop()
        self._is_looking = False
        self._emptied: asyncio.Event | None = None

    def admit(self, connection: OpenConnection) -> bool:
        """Add a connection, where it is full in place of the one waited for longest; False when there is none."""
        if len(self.open) >= self._most:
            waiting = self._oldest(connection for connection in self.open if connection.is_waiting_for_peer)
            if waiting is None:
                return False
            waiting.evict(CROWDED)
            self.leave(waiting)
        self.open[connection] = None
        if not self._is_looking:
            self._look_later()
        return True

    def leave(self, connection: OpenConnection) -> None:
        """Forget `connection`; safe to repeat."""
        self.open.pop(connection, None)
        if self._emptied and not self.open:
            self._emptied.set()

    def free_memory(self) -> None:
        """Close the connection whose body has been waited for longest."""
        if holder := self._oldest(connection for connection in self.open if connection.holds_memory):
            holder.evict(CROWDED)

    async def empty(self, *, within_s: float) -> None:
        """Let requests under way finish and begin no other; abort connections that take longer."""
        self._emptied = asyncio.Event()
        for connection in list(self.open):
            connection.stop()
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._until_empty()
        for connection in list(self.open):
            connection.abort()
        await self._until_empty()  # a loop that closes over open connections fails

    async def _until_empty(self) -> None:
        if self.open and self._emptied:
            await self._emptied.wait()

    def _oldest(self, connections: Iterator[OpenConnection]) -> OpenConnection | None:
        return min(connections, key=lambda connection: connection.waits_since, default=None)

    def _look(self) -> None:
        self._is_looking = False
        now = self._loop.time()
        for connection in list(self.open):
            connection.look_at_clock(now)
        if self.open:
            self._look_later()

    def _look_later(self) -> None:
        self._is_looking = True
        self._loop.call_later(_LOOK_EVERY_S, self._look)
