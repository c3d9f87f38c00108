"""Hops are counted in each process and added up in Redis, in a trip that is made anyhow."""

from __future__ import annotations

import redis

from orchestrator.model.hop import BOUNDS_MS, Hop
from orchestrator.store.redis.hop_counts import HopCounts, HopTimes, read_hops
from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.scripts import run_scripts


class _Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_processes_add_up_and_each_bound_counts_what_is_not_above_it(redis_client: redis.Redis) -> None:
    one, other = HopCounts(Keys()), HopCounts(Keys())

    one.add({Hop.WHOLE: 10.0})
    other.add({Hop.WHOLE: 10.001})
    other.add({Hop.WHOLE: 60_000.0})
    for counts in (one, other):
        run_scripts(redis_client, counts.due())

    at_most = tuple(0 if bound < 10 else 1 if bound == 10 else 2 for bound in BOUNDS_MS)
    assert read_hops(redis_client, Keys()) == {Hop.WHOLE: HopTimes(at_most, count=3, sum_ms=60_020.001)}


def test_redis_is_told_once_a_second_and_of_everything(redis_client: redis.Redis) -> None:
    clock = _Clock()
    counts = HopCounts(Keys(), monotonic=clock)

    told = []
    for moment in (100.0, 100.4, 100.9, 101.0, 101.5):
        clock.now = moment
        counts.add({Hop.START_TO_POST: 1.0})
        told.append(bool(run_scripts(redis_client, counts.due())))

    assert told == [True, False, False, True, False]
    assert read_hops(redis_client, Keys())[Hop.START_TO_POST].count == 4


def test_where_nothing_was_counted_nothing_is_told(redis_client: redis.Redis) -> None:
    assert HopCounts(Keys()).due() == []
    assert read_hops(redis_client, Keys()) == {}
