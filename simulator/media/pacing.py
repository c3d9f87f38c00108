"""Ticks every 20 ms of real time: sound is never scaled, as recordings and signatures are not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from simulator.media.speech_samples import FRAME_MS

SWAPPED_EVERY = 16  # of so many pieces one comes after its follower, as happens on real networks


async def ticks() -> AsyncIterator[int]:
    """Yield 1, 2, 3, … at the pace of the sound; what a busy moment held up is caught up with."""
    loop = asyncio.get_running_loop()
    began, number = loop.time(), 0
    while True:
        number += 1
        yield number
        await asyncio.sleep(max(0.0, began + number * FRAME_MS / 1000 - loop.time()))


class Reorderer:
    """Lets every sixteenth piece be overtaken by the next."""

    def __init__(self) -> None:
        self._seen = 0
        self._held: bytes | None = None

    def order(self, piece: bytes) -> tuple[bytes, ...]:
        """Return what is sent now that this piece is ready."""
        self._seen += 1
        if self._seen % SWAPPED_EVERY == 0:
            self._held = piece
            return ()
        held, self._held = self._held, None
        return (piece,) if held is None else (piece, held)

    def rest(self) -> tuple[bytes, ...]:
        """Return a piece that still waits to be overtaken."""
        held, self._held = self._held, None
        return () if held is None else (held,)
