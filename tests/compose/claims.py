"""What a program that tests says: claims that must hold, also in the end, and lines of progress."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event
from time import monotonic
from typing import TypeVar

T = TypeVar("T")


def claim(is_true: bool, otherwise: str) -> None:
    """End the test with these words unless this is true."""
    if not is_true:
        raise SystemExit(otherwise)


def say(line: str) -> None:
    """Print a line at once."""
    print(line, flush=True)


def eventually(look: Callable[[], T], is_good: Callable[[T], bool], *, seconds: float) -> T:
    """Look twice a second until what is seen is good, and return it; fail with the last sight when time is over."""
    deadline, pause = monotonic() + seconds, Event()
    while not is_good(seen := look()):
        claim(monotonic() < deadline, f"still after {seconds:g} s: {seen}")
        pause.wait(0.5)
    return seen
