"""Ctrl-C and friends: the first asks for the end, the second for a quick one."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from types import FrameType


class Interrupts:
    """How often the end was asked for; counting is all a signal handler does, so that it can never deadlock."""

    def __init__(self) -> None:
        self._count = 0

    def stopping(self) -> bool:
        """Say whether somebody asked for the end."""
        return self._count > 0

    def forced(self) -> bool:
        """Say whether somebody asked again."""
        return self._count > 1

    def count_signal(self, _signal: int, _frame: FrameType | None) -> None:
        """Count one request; the shape of a signal handler."""
        self._count += 1


@contextmanager
def count_interrupts() -> Iterator[Interrupts]:
    """Turn SIGINT, SIGTERM and SIGHUP into counts for the time of the block."""
    interrupts = Interrupts()
    before = {
        number: signal.signal(number, interrupts.count_signal)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    }
    try:
        yield interrupts
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def pause(seconds: float) -> None:
    """Wait a moment; loops ask their question between short ones."""
    Event().wait(seconds)
