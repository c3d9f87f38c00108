"""Many commands in one trip, on connections that break."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import redis
from redis.exceptions import ResponseError

from orchestrator.store.redis.pipeline import Trip, round_trip
from orchestrator.store.redis.scripts import ScriptCall, run_scripts, run_scripts_in_parts
from orchestrator.store.sql.engine import open_redis
from tests.support.poll import eventually


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


def test_who_asks_nothing_makes_no_connection() -> None:
    made = []

    class Counted(redis.Connection):
        def __init__(self, **given: Any) -> None:
            made.append(self)
            super().__init__(**given)

    client = redis.Redis(connection_pool=redis.ConnectionPool(connection_class=Counted, port=1))

    assert run_scripts(client, []) == round_trip(client, []) == made == []


def test_threads_share_no_connection(redis_client: redis.Redis) -> None:
    ids: list[int] = round_trip(redis_client, [("CLIENT", "ID")])
    _ask_in_a_thread(redis_client, ids)

    assert len(set(ids)) == 2


def test_connections_end_with_their_client_and_with_their_thread(redis_url: str, redis_client: redis.Redis) -> None:
    client = open_redis(redis_url)
    ids: list[int] = round_trip(client, [("CLIENT", "ID")])
    _ask_in_a_thread(client, ids)
    eventually(lambda: not _connected(redis_client) & {ids[1]})
    assert _connected(redis_client) & {ids[0]}

    client.close()
    del client
    gc.collect()

    eventually(lambda: not _connected(redis_client) & {ids[0]})


def _ask_in_a_thread(client: redis.Redis, ids: list[int]) -> None:
    thread = threading.Thread(target=lambda: ids.extend(round_trip(client, [("CLIENT", "ID")])))
    thread.start()
    thread.join()


def _connected(client: redis.Redis) -> set[int]:
    return {int(each["id"]) for each in client.client_list()}


def test_a_trip_in_parts_answers_in_the_order_of_all_its_commands(redis_client: redis.Redis) -> None:
    with Trip(redis_client) as trip:
        trip.send([("SET", "a", 1), ("INCR", "a")])
        trip.send([])
        trip.send([("GET", "a")])

        assert trip.answers() == [b"OK", 2, b"2"]
        assert trip.answers() == []


def test_a_trip_that_is_broken_off_leaves_no_answer_to_the_next_one(redis_client: redis.Redis) -> None:
    with suppress(ZeroDivisionError), Trip(redis_client) as trip:
        trip.send([("INCR", "a")])
        raise ZeroDivisionError
    with Trip(redis_client) as trip:
        trip.send([("INCR", "a")])

    assert round_trip(redis_client, [("ECHO", "mine")]) == [b"mine"]


def test_a_thread_begins_no_second_trip_in_the_middle_of_one(redis_client: redis.Redis) -> None:
    with Trip(redis_client) as trip:
        trip.send([("ECHO", "first")])
        with pytest.raises(RuntimeError):
            round_trip(redis_client, [("ECHO", "second")])

        assert trip.answers() == [b"first"]


def test_r11_scripts_that_a_server_has_forgotten_are_replayed_from_all_parts(redis_client: redis.Redis) -> None:
    redis_client.script_flush()
    parts = [[ScriptCall("write_though_full", ["a"], ["RPUSH", n])] for n in "xyz"]

    assert run_scripts_in_parts(redis_client, parts) == [1, 2, 3]
    assert redis_client.lrange("a", 0, -1) == [b"x", b"y", b"z"]


def test_the_server_carries_out_a_part_while_the_next_one_is_made(redis_client: redis.Redis) -> None:
    seen = []

    def parts() -> Iterator[list[ScriptCall]]:
        yield [ScriptCall("write_though_full", ["a"], ["SET", 1])]
        seen.append(eventually(lambda: redis_client.get("a")))
        yield [ScriptCall("write_though_full", ["b"], ["SET", 2])]

    run_scripts_in_parts(redis_client, [[ScriptCall("write_though_full", ["c"], ["SET", 0])]])
    run_scripts_in_parts(redis_client, parts())

    assert seen == [b"1"]
