"""Watches Redis's memory: what begins new work stops while what drains still has room (R11)."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from typing import Any

import redis

FULL_AT = 0.8  # of maxmemory
_LOOK_EVERY_S = 1.0
_NUMBER = re.compile(rb"^(used_memory|maxmemory):(\d+)", re.MULTILINE)


class MemoryLevel:
    """What Redis said last of its memory, and whether it is to be asked again: at most once a second."""

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._looked_at = float("-inf")
        self.is_nearly_full = False

    @property
    def is_outdated(self) -> bool:
        """Say whether what is known is older than a second."""
        return self._monotonic() - self._looked_at > _LOOK_EVERY_S

    def note(self, memory: Mapping[str, Any]) -> None:
        """Take the section `memory` of INFO: more than 80 % of maxmemory is nearly full; never without maxmemory."""
        bound = memory.get("maxmemory", 0)
        self.is_nearly_full = bool(bound) and memory["used_memory"] > FULL_AT * bound
        self._looked_at = self._monotonic()


class MemoryWatch:
    """Says whether Redis is nearly full; asks it at most once a second. Raises RedisError when it is away."""

    def __init__(self, client: redis.Redis, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._redis = client
        self._level = MemoryLevel(monotonic=monotonic)

    def is_nearly_full(self) -> bool:
        """Return whether more than 80 % of maxmemory is used; never, when there is no maxmemory."""
        if self._level.is_outdated:
            self._level.note(self._redis.info("memory"))
        return self._level.is_nearly_full


def read_memory(section: bytes) -> dict[str, int]:
    """Return the numbers that `MemoryLevel` asks for from the text of INFO."""
    return {name.decode(): int(number) for name, number in _NUMBER.findall(section)}
