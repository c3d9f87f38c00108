"""Counts how long the hops of commands took: in each process, and once a second in Redis for all of them."""

from __future__ import annotations

import threading
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import accumulate, chain

import redis

from orchestrator.model.hop import BOUNDS_MS, Hop
from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.scripts import ScriptCall

_EVERY_S = 1.0
_SUM = "us"  # whole microseconds: HINCRBY knows no fractions


class HopCounts:
    """The counts of one process; its threads share them."""

    def __init__(self, keys: Keys, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._key, self._monotonic = keys.hops, monotonic
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._told_at = float("-inf")

    def add(self, took_ms: Mapping[Hop, float]) -> None:
        """Count one command."""
        with self._lock:
            for hop, ms in took_ms.items():
                self._counts[f"{hop}|{bisect_left(BOUNDS_MS, ms)}"] += 1
                self._counts[f"{hop}|{_SUM}"] += round(ms * 1000)

    def due(self) -> list[ScriptCall]:
        """Return the script call that adds to Redis what was counted since the last time; none twice within a second.

        It is for a trip that is made anyhow. Should that fail, a second's counts are lost, and nothing else.
        """
        with self._lock:
            now = self._monotonic()
            if not self._counts or now - self._told_at < _EVERY_S:
                return []
            counts, self._counts, self._told_at = self._counts, Counter(), now
        return [ScriptCall("count_hops", [self._key], list(chain.from_iterable(counts.items())))]


@dataclass(frozen=True)
class HopTimes:
    """One hop over all commands: how many took at most each of `BOUNDS_MS`, how many there were, and their sum."""

    at_most: tuple[int, ...]
    count: int
    sum_ms: float


def read_hops(client: redis.Redis, keys: Keys) -> dict[Hop, HopTimes]:
    """Return what all processes have counted since Redis was empty."""
    fields: dict[bytes, bytes] = client.hgetall(keys.hops)  # type: ignore[assignment]  # the stub knows async clients too
    counts = {name.decode(): int(n) for name, n in fields.items()}
    return {hop: _times(counts, hop) for hop in Hop if f"{hop}|{_SUM}" in counts}


def _times(counts: Mapping[str, int], hop: Hop) -> HopTimes:
    *at_most, count = accumulate(counts.get(f"{hop}|{n}", 0) for n in range(len(BOUNDS_MS) + 1))
    return HopTimes(tuple(at_most), count, counts[f"{hop}|{_SUM}"] / 1000)
