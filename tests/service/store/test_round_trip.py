"""Many commands in one trip, on connections that break."""

from __future__ import annotations

import threading

import pytest
import redis
from redis.exceptions import ResponseError

from orchestrator.store.redis.pipeline import round_trip


def test_answers_come_in_the_order_of_the_commands_and_an_error_is_one_of_them(redis_client: redis.Redis) -> None:
    answers = round_trip(redis_client, [("SET", "a", 1.5), ("INCR", "a"), ("GET", b"a"), ("LRANGE", "l", 0, -1)])

    assert answers[0] == b"OK"
    assert isinstance(answers[1], ResponseError)
    assert answers[2:] == [b"1.5", []]


def test_a_connection_that_breaks_is_told_once_and_made_anew(redis_client: redis.Redis) -> None:
    [own] = round_trip(redis_client, [("CLIENT", "ID")])
    redis_client.client_kill_filter(_id=str(own))

    with pytest.raises(redis.ConnectionError):
        round_trip(redis_client, [("INCR", "a")])

    assert round_trip(redis_client, [("INCR", "a")]) == [1]


def test_a_connection_that_died_while_it_rested_is_replaced_unnoticed(
    redis_client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    [own] = round_trip(redis_client, [("CLIENT", "ID")])
    redis_client.client_kill_filter(_id=str(own))
    monkeypatch.setattr("orchestrator.store.redis.pipeline._RESTED_S", -1.0)

    assert round_trip(redis_client, [("INCR", "a")]) == [1]


def test_threads_share_no_connection(redis_client: redis.Redis) -> None:
    ids: list[int] = round_trip(redis_client, [("CLIENT", "ID")])
    thread = threading.Thread(target=lambda: ids.extend(round_trip(redis_client, [("CLIENT", "ID")])))

    thread.start()
    thread.join()

    assert len(set(ids)) == 2
