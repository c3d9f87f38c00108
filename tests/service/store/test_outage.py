"""Errors of the database, sorted: what may pass when it is said again, and what never will."""

from __future__ import annotations

import random
from typing import Any

import psycopg
import pytest
import redis
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from orchestrator.store.outage import is_outage
from orchestrator.store.redis.scripts import ScriptCall, run_script
from orchestrator.store.sql.engine import open_redis, open_sql
from orchestrator.store.timeouts import SqlBounds


def error_of(engine: Engine, statement: str, **params: Any) -> SQLAlchemyError:
    with pytest.raises(SQLAlchemyError) as raised, engine.connect() as tx:
        tx.execute(text(statement), params)
    return raised.value


def copy_text(engine: Engine, odd: str) -> None:
    with engine.begin() as tx:
        driver = tx.connection.driver_connection
        assert driver is not None
        with driver.cursor() as cursor, cursor.copy("COPY connections (id) FROM STDIN") as copy:
            copy.write_row([odd])


def test_a_server_that_is_not_there_is_away() -> None:
    assert is_outage(error_of(open_sql("postgresql+psycopg://u:p@127.0.0.1:1/x"), "SELECT 1"))


def test_a_connection_that_was_ended_is_away(sql: Engine) -> None:
    assert is_outage(error_of(sql, "SELECT pg_terminate_backend(pg_backend_pid())"))


def test_a_pool_without_a_free_connection_is_away(database_url: str) -> None:
    engine = create_engine(database_url, pool_size=1, max_overflow=0, pool_timeout=0.01)

    with engine.connect():
        err = error_of(engine, "SELECT 1")

    assert is_outage(err)
    engine.dispose()


def test_a_standby_is_away(sql: Engine) -> None:
    with sql.connect() as tx:
        tx.execute(text("SET TRANSACTION READ ONLY"))
        with pytest.raises(SQLAlchemyError) as raised:
            tx.execute(text("DELETE FROM numbers"))

    assert is_outage(raised.value)


@pytest.mark.parametrize(
    "odd", ["a\0b", "".join(random.Random(1).choices("0123456789abcdef", k=20_000))], ids=["nul", "endless"]
)
def test_what_the_database_does_not_take_is_no_outage(sql: Engine, odd: str) -> None:
    insert = "INSERT INTO connections (id, calls_per_second, max_live_calls) VALUES (:odd, 1, 1)"

    assert not is_outage(error_of(sql, insert, odd=odd))


@pytest.mark.parametrize(
    ("state", "is_away"),
    [
        ("08006", True),  # connection failure
        ("28P01", True),  # a password that is just being changed
        ("40P01", True),  # deadlock
        ("53100", True),  # disk full
        ("53300", True),  # too many connections
        ("54000", False),  # an index row of 8 kB
        ("55P03", True),  # a lock that did not come free in time
        ("57014", True),  # a statement that took too long
        ("57P03", True),  # starting up
        ("58030", True),  # its disk does not answer
        ("22021", False),  # a text it has no characters for
        ("23505", False),  # there already
        ("42P01", False),  # no such table: the schema is not this version's
        ("XX000", False),  # broken
    ],
)
def test_every_class_of_errors_is_sorted_by_whether_it_may_pass(state: str, is_away: bool) -> None:
    assert is_outage(psycopg.errors.lookup(state)("said")) == is_away


def test_a_lock_that_does_not_come_free_in_time_is_away(sql: Engine, database_url: str) -> None:
    ours = open_sql(database_url, bounds=SqlBounds(statement_s=5, lock_s=1, idle_s=5))

    with sql.begin() as tx:
        tx.execute(text("LOCK TABLE calls"))
        err = error_of(ours, "LOCK TABLE calls")

    assert is_outage(err)
    ours.dispose()


def test_an_error_that_copy_raises_past_sqlalchemy_is_sorted_too(sql: Engine) -> None:
    with pytest.raises(psycopg.Error) as raised:
        copy_text(sql, "a\0b")

    assert not is_outage(raised.value)


def test_a_redis_that_cannot_be_reached_is_away(free_port: int) -> None:
    with open_redis(f"redis://127.0.0.1:{free_port}/0") as client, pytest.raises(redis.RedisError) as raised:
        client.ping()

    assert is_outage(raised.value)


def test_a_redis_that_is_full_is_away_and_so_is_one_whose_script_meets_that(redis_client: redis.Redis) -> None:
    redis_client.config_set("maxmemory", "1")
    try:
        with pytest.raises(redis.RedisError) as plain:
            redis_client.set("x", 1)
        with pytest.raises(redis.RedisError) as scripted:
            redis_client.eval("return redis.call('SET', KEYS[1], 1)", 1, "x")
    finally:
        redis_client.config_set("maxmemory", "0")

    assert is_outage(plain.value) and is_outage(scripted.value)


def test_a_command_that_redis_does_not_take_is_no_outage(redis_client: redis.Redis) -> None:
    redis_client.set("x", "text")

    with pytest.raises(redis.RedisError) as plain:
        redis_client.zcard("x")
    with pytest.raises(redis.RedisError) as scripted:
        run_script(redis_client, ScriptCall("write_though_full", ["x"], ["HSET", "a", "b"]))

    assert not is_outage(plain.value) and not is_outage(scripted.value)


@pytest.mark.parametrize(
    "answer",
    ["MISCONF Errors writing to the AOF file", "BUSY Redis is busy running a script", "NOREPLICAS Not enough replicas"],
)
def test_a_redis_that_says_it_cannot_write_now_is_away(answer: str) -> None:
    assert is_outage(redis.ResponseError(answer))


def test_an_error_of_our_own_is_no_outage() -> None:
    assert not is_outage(ValueError("x")) and not is_outage(redis.ResponseError("BUSYGROUP exists"))
