"""Waiting for something to become true, with a deadline instead of a sleep."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(probe: Callable[[], T], *, within: float = 30.0, every: float = 0.02) -> T:
    """Return the first truthy value of `probe`; fail with its last value once `within` seconds have passed."""
    pause, deadline = threading.Event(), time.monotonic() + within
    while not (value := probe()):
        if time.monotonic() > deadline:
            raise AssertionError(f"still not true after {within} s: {value!r}")
        pause.wait(every)
    return value


def stays(probe: Callable[[], bool], *, during: float, every: float = 0.05) -> None:
    """Fail unless `probe` is true each time it is asked, for so many seconds."""
    pause, deadline = threading.Event(), time.monotonic() + during
    while time.monotonic() < deadline:
        assert probe(), f"no longer true, {deadline - time.monotonic():.1f} s before the end of {during} s"
        pause.wait(every)
