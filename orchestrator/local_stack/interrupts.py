"""Counts SIGINT, SIGTERM and SIGHUP: the first requests a shutdown, the second an immediate one."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from types import FrameType


class Interrupts:
    """The number of shutdown signals; the handler only counts, so that it cannot deadlock."""

    def __init__(self) -> None:
        self._count = 0

    def stopping(self) -> bool:
        """Return whether a shutdown was requested."""
        return self._count > 0

    def forced(self) -> bool:
        """Return whether a second signal requested an immediate shutdown."""
        return self._count > 1

    def count_signal(self, _signal: int, _frame: FrameType | None) -> None:
        """Count one signal; has the signature of a signal handler."""
        self._count += 1


@contextmanager
def count_interrupts() -> Iterator[Interrupts]:
    """Count SIGINT, SIGTERM and SIGHUP while the block runs; the former handlers are restored."""
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
    """Sleep for `seconds`; a signal handler runs meanwhile."""
    Event().wait(seconds)
