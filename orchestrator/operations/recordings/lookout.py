"""Lets many fetchers look for work as often as one: where one has just found nothing, the others need not look."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Lookout:
    """Shared by fetchers: one of them looks every `every_s`, all of them at once as soon as it finds something."""

    def __init__(self, every_s: float, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._every_s = every_s
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._next_look_at = float("-inf")

    def takes_turn(self) -> bool:
        """Return whether the caller is to look now; until it has found something, no other is."""
        with self._lock:
            now = self._monotonic()
            if now < self._next_look_at:
                return False
            self._next_look_at = now + self._every_s
            return True

    def found(self) -> None:
        """Note that there was something: where one is due there may be more."""
        self._next_look_at = float("-inf")
