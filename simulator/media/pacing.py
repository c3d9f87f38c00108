"""Pacing of audio frames: one every 20 ms of real time, never scaled; and reordering, as networks do it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from simulator.media.speech_samples import FRAME_MS

REORDERED_EVERY = 16  # one of so many frames arrives after the next one, as on real networks


async def ticks() -> AsyncIterator[int]:
    """Yield 1, 2, 3, … every 20 ms, catching up after delays."""
    loop = asyncio.get_running_loop()
    began, number = loop.time(), 0
    while True:
        number += 1
        yield number
        await asyncio.sleep(max(0.0, began + number * FRAME_MS / 1000 - loop.time()))


class Reorderer:
    """Swaps every sixteenth frame with the next one."""

    def __init__(self) -> None:
        self._seen = 0
        self._held: bytes | None = None

    def order(self, frame: bytes) -> tuple[bytes, ...]:
        """Return the frames to send now that this one is ready."""
        self._seen += 1
        if self._seen % REORDERED_EVERY == 0:
            self._held = frame
            return ()
        held, self._held = self._held, None
        return (frame,) if held is None else (frame, held)
