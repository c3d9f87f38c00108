"""Everybody who is connected: how many may be, who has used up the time, and who goes first when it is full."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from typing import Protocol

from api.http.responses import Refusal
from api.server.error_responses import CROWDED

_LOOK_EVERY_S = 0.2


class Guest(Protocol):
    """A connection, as the crowd sees it."""

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


class Crowd:
    """The connections of one process; looks at the clock only while there are any."""

    def __init__(self, *, most: int) -> None:
        self.guests: dict[Guest, None] = {}
        self._most = most
        self._loop = asyncio.get_running_loop()
        self._is_looking = False
        self._emptied: asyncio.Event | None = None

    def admit(self, guest: Guest) -> bool:
        """Take `guest` in, where it is full in the place of who made us wait longest; False when there is no such."""
        if len(self.guests) >= self._most:
            waiting = self._oldest(guest for guest in self.guests if guest.is_waiting_for_peer)
            if waiting is None:
                return False
            waiting.evict(CROWDED)
            self.leave(waiting)
        self.guests[guest] = None
        if not self._is_looking:
            self._look_later()
        return True

    def leave(self, guest: Guest) -> None:
        """Forget `guest`; safe to repeat."""
        self.guests.pop(guest, None)
        if self._emptied and not self.guests:
            self._emptied.set()

    def free_memory(self) -> None:
        """End the body that has made us wait longest."""
        if holder := self._oldest(guest for guest in self.guests if guest.holds_memory):
            holder.evict(CROWDED)

    async def empty(self, *, within_s: float) -> None:
        """Let everybody end what is under way and nothing more; break off what takes longer."""
        self._emptied = asyncio.Event()
        for guest in list(self.guests):
            guest.stop()
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._until_empty()
        for guest in list(self.guests):
            guest.abort()
        await self._until_empty()  # a loop that closes over open connections fails

    async def _until_empty(self) -> None:
        if self.guests and self._emptied:
            await self._emptied.wait()

    def _oldest(self, guests: Iterator[Guest]) -> Guest | None:
        return min(guests, key=lambda guest: guest.waits_since, default=None)

    def _look(self) -> None:
        self._is_looking = False
        now = self._loop.time()
        for guest in list(self.guests):
            guest.look_at_clock(now)
        if self.guests:
            self._look_later()

    def _look_later(self) -> None:
        self._is_looking = True
        self._loop.call_later(_LOOK_EVERY_S, self._look)
