"""Chance that repeats itself: every roll depends on the seed and on what it is rolled for, never on order."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from itertools import accumulate


class SeededRandom:
    """Answers the same question with the same luck for the life of a seed, in whatever order things happen."""

    def __init__(self, seed: int) -> None:
        self._start = blake2b(str(seed).encode(), digest_size=8)

    def roll(self, *about: object) -> float:
        """Return a number in [0, 1) that these things always give."""
        mixed = self._start.copy()
        mixed.update("\x1f".join(map(str, about)).encode())
        return int.from_bytes(mixed.digest(), "big") / 2**64

    def hits(self, probability: float, *about: object) -> bool:
        """Say whether something of this probability happens here."""
        return probability > 0 and self.roll(*about) < probability

    def between(self, low: float, high: float, *about: object) -> float:
        """Return a number from low to high."""
        return low + (high - low) * self.roll(*about)

    def pick(self, weights: Mapping[str, float], *about: object) -> str:
        """Return one of the names, as often as its weight says."""
        mark = self.roll(*about) * sum(weights.values())
        reached = zip(weights, accumulate(weights.values()), strict=True)
        return next((name for name, total in reached if mark < total), next(reversed(list(weights))))
