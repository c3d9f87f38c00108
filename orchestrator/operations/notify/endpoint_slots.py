"""Bounds how many threads of a process deliver to one endpoint at a time: one that hangs holds no more of them."""

from __future__ import annotations

import threading
from collections import Counter


class EndpointSlots:
    """Shared by the deliverers of a process."""

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._lock = threading.Lock()
        self._taken: Counter[str] = Counter()

    def full(self) -> list[str]:
        """Return the endpoints that take no more threads."""
        with self._lock:
            return [endpoint_id for endpoint_id, n in self._taken.items() if n >= self._at_once]

    def in_use(self) -> list[str]:
        """Return the endpoints that some thread delivers to."""
        with self._lock:
            return list(self._taken)

    def take(self, endpoint_id: str, *, most: int | None = None) -> bool:
        """Take a slot; False where none is left, of `most` if that is fewer than usual."""
        with self._lock:
            if self._taken[endpoint_id] >= min(self._at_once, most or self._at_once):
                return False
            self._taken[endpoint_id] += 1
            return True

    def give_back(self, endpoint_id: str) -> None:
        """Give a slot back."""
        with self._lock:
            self._taken[endpoint_id] -= 1
            if not self._taken[endpoint_id]:
                del self._taken[endpoint_id]
