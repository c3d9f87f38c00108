"""Percentiles are read from counts by bounds."""

from __future__ import annotations

import pytest

from benchmarks.hops import percentile
from orchestrator.model.hop import BOUNDS_MS
from orchestrator.store.redis.hop_counts import HopTimes


def _times(*at_most: int, count: int) -> HopTimes:
    rest = (at_most[-1],) * (len(BOUNDS_MS) - len(at_most))
    return HopTimes((*at_most, *rest), count, 0.0)


@pytest.mark.parametrize(
    ("part", "expected"),
    [(0.25, 0.5), (0.5, 1.0), (0.75, 1.5), (1.0, 2.0)],
)
def test_between_two_bounds_values_count_as_spread_evenly(part: float, expected: float) -> None:
    assert percentile(_times(5, 10, count=10), part) == expected


def test_what_took_longer_than_every_bound_is_told_as_the_last_one() -> None:
    assert percentile(_times(0, count=3), 0.5) == BOUNDS_MS[-1]
