"""Seeded random values: each depends on the seed and on what it is drawn for, never on order."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from itertools import accumulate


class SeededRandom:
    """Draws the same value for the same key whenever the seed is the same, in any order of calls.

    Keys are part of what a seed stands for: a changed key changes the calls of every seed.
    """

    def __init__(self, seed: int) -> None:
        self._start = blake2b(str(seed).encode(), digest_size=8)

    def number(self, *key: object) -> float:
        """Return the number in [0, 1) that belongs to this key."""
        mixed = self._start.copy()
        mixed.update("\x1f".join(map(str, key)).encode())
        return int.from_bytes(mixed.digest(), "big") / 2**64

    def happens(self, probability: float, *key: object) -> bool:
        """Return whether an event of this probability happens for this key."""
        return probability > 0 and self.number(*key) < probability

    def between(self, low: float, high: float, *key: object) -> float:
        """Return a number from low to high for this key."""
        return low + (high - low) * self.number(*key)

    def pick(self, weights: Mapping[str, float], *key: object) -> str:
        """Return one of the names, drawn by weight for this key."""
        mark = self.number(*key) * sum(weights.values())
        reached = zip(weights, accumulate(weights.values()), strict=True)
        return next((name for name, total in reached if mark < total), next(reversed(list(weights))))
