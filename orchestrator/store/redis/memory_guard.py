"""Watches Redis's memory: what begins new work stops while what drains still has room (R11)."""

from __future__ import annotations

import time
from collections.abc import Callable

import redis

FULL_AT = 0.8  # of maxmemory
_LOOK_EVERY_S = 1.0


class MemoryWatch:
    """Says whether Redis is nearly full; asks it at most once a second. Raises RedisError when it is away."""

    def __init__(self, client: redis.Redis, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._redis = client
        self._monotonic = monotonic
        self._looked_at = float("-inf")
        self._is_full = False

    def is_nearly_full(self) -> bool:
        """Return whether more than 80 % of maxmemory is used; never, when there is no maxmemory."""
        if self._monotonic() - self._looked_at > _LOOK_EVERY_S:
            memory = self._redis.info("memory")
            self._is_full = bool(memory["maxmemory"]) and memory["used_memory"] > FULL_AT * memory["maxmemory"]
            self._looked_at = self._monotonic()
        return self._is_full
