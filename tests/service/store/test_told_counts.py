"""Each process counts in memory, and adds what it has counted to the counts of all: nothing is lost, nothing twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import get_args

import pytest
import redis

from orchestrator import counts
from orchestrator.counts import take_counts
from orchestrator.model.metric import BOUNDS_S, Distribution, Metric, Reading
from orchestrator.operations.events.receive_webhook import Receipt
from orchestrator.store.redis import told_counts
from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.told_counts import CountTeller, read_counts
from orchestrator.telnyx.answers import Answer
from tests.support.poll import eventually
from tests.support.watched_stores import Fault, watched_redis


def counted(client: redis.Redis) -> list[Reading | Distribution]:
    """Return what is not 0."""
    return [each for each in read_counts(client, Keys()) if not isinstance(each, Reading) or each.value]


_DIAL = f"{Metric.DIALS}|accepted"


def _giving(*batches: Mapping[str, int]) -> Callable[[], Mapping[str, int]]:
    left = list(batches)
    return lambda: left.pop(0) if left else {}


def test_processes_add_up(redis_client: redis.Redis) -> None:
    for _ in range(2):
        CountTeller(redis_client, Keys(), take=_giving({_DIAL: 3})).tell()

    assert counted(redis_client) == [Reading(Metric.DIALS, 6, ("accepted",))]


def test_counts_whose_answer_was_lost_are_told_again_and_added_once(redis_client: redis.Redis, redis_url: str) -> None:
    faults = iter([Fault.NONE, Fault.LOST_ANSWER])

    def reached(point: str) -> Fault:
        return next(faults, Fault.NONE) if point == "valkey add_counts" else Fault.NONE

    with watched_redis(redis_url, reached) as watched:
        teller = CountTeller(watched, Keys(), take=_giving({_DIAL: 3}, {_DIAL: 4}, {_DIAL: 5}))
        teller.tell()
        with pytest.raises(redis.ConnectionError):
            teller.tell()
        in_doubt = counted(redis_client)
        teller.tell()

    assert in_doubt == [Reading(Metric.DIALS, 7, ("accepted",))]
    assert counted(redis_client) == [Reading(Metric.DIALS, 12, ("accepted",))]


def test_what_is_counted_while_redis_is_away_is_told_when_it_is_back(redis_client: redis.Redis, free_port: int) -> None:
    teller = CountTeller(redis_client, Keys(), take=_giving({_DIAL: 3}, {_DIAL: 4}))
    away = redis.Redis(port=free_port)

    teller._redis = away
    for _ in range(3):
        with pytest.raises(redis.ConnectionError):
            teller.tell()
    teller._redis = redis_client
    teller.tell()

    assert counted(redis_client) == [Reading(Metric.DIALS, 7, ("accepted",))]


def test_a_histogram_says_how_many_were_not_above_each_bound(redis_client: redis.Redis) -> None:
    take_counts()
    for seconds in (0.001, 0.002, 0.7, 999):
        counts.observe(Metric.HTTP_REQUEST_S, seconds, "GET", "/v1/calls/{call_id}", "2xx")

    CountTeller(redis_client, Keys()).tell()

    at_most = tuple((bound, 2 if bound < 1 else 3) for bound in BOUNDS_S[Metric.HTTP_REQUEST_S])
    labels = ("GET", "/v1/calls/{call_id}", "2xx")
    assert counted(redis_client) == [Distribution(Metric.HTTP_REQUEST_S, at_most, 4, 999.703, labels)]


def test_what_another_version_has_counted_is_left_out(redis_client: redis.Redis) -> None:
    fields = {"orchestrator_of_tomorrow_total|x": 1, f"{Metric.DIALS}|accepted|more": 1, f"{Metric.LOOP_STEP_S}|x": 1}
    redis_client.hset(Keys().counts, mapping=fields)

    assert counted(redis_client) == []


def test_a_process_that_ends_tells_the_last_of_its_counts(redis_client: redis.Redis) -> None:
    take_counts()
    end = told_counts.tell_in_background(redis_client, Keys())
    counts.count(Metric.DIALS, "accepted")

    end()

    assert eventually(lambda: counted(redis_client), within=5) == [Reading(Metric.DIALS, 1, ("accepted",))]


def test_counters_begin_with_0_so_that_their_first_increase_is_seen(redis_client: redis.Redis) -> None:
    first = {(each.metric, each.labels) for each in read_counts(redis_client, Keys()) if isinstance(each, Reading)}

    assert {(Metric.DIALS, ("refused",)), (Metric.WEBHOOKS, ("put_off",))} <= first
    assert {labels[0] for metric, labels in first if metric is Metric.WEBHOOKS} >= set(Receipt)
    answers = {kind.__name__.lower() for kind in get_args(Answer)}
    assert {labels[0] for metric, labels in first if metric is Metric.DIALS} == answers
