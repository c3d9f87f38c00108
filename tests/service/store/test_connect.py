"""Connections that die while nobody uses them, and servers that fall silent: every wait has an end."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import psycopg
import pytest
import redis
from sqlalchemy import Connection, Engine, make_url, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from orchestrator.local_stack.embedded_servers import RunningServer, start_postgres, start_valkey
from orchestrator.store.outage import is_outage
from orchestrator.store.redis.pipeline import round_trip
from orchestrator.store.sql.bounded_connection import BoundedConnection, allow
from orchestrator.store.sql.engine import open_redis, open_sql
from orchestrator.store.timeouts import CONNECT_S, PING_S, REDIS_ANSWER_S, REDIS_BLOCK_MS, SWEEPING, USUAL, SqlBounds
from tests.support.frozen import frozen
from tests.support.poll import eventually
from tests.support.postgres_proxy import PostgresProxy, postgres_proxy

_SHORT = SqlBounds(statement_s=1, lock_s=1, idle_s=1)
_SLACK_S = 5.0  # of a busy machine


@pytest.fixture
def proxy(database_url: str) -> Iterator[PostgresProxy]:
    with postgres_proxy(database_url) as proxy:
        yield proxy


@pytest.fixture
def own_postgres(tmp_path: Path) -> Iterator[RunningServer]:
    server = start_postgres(tmp_path / "postgres", durable=False)
    yield server
    server.stop()


@pytest.fixture
def own_valkey(tmp_path: Path) -> Iterator[RunningServer]:
    server = start_valkey(tmp_path / "valkey")
    yield server
    server.stop()


class Opener(Protocol):
    def __call__(
        self, url: str, *, ping_after_s: float = ..., bounds: SqlBounds = ..., pool_size: int = ...
    ) -> Engine: ...


@pytest.fixture
def opened() -> Iterator[Opener]:
    """Return what opens an engine; it is closed behind the test."""
    engines: list[Engine] = []

    def open_one(url: str, *, ping_after_s: float = 1000, bounds: SqlBounds = _SHORT, pool_size: int = 8) -> Engine:
        engines.append(open_sql(url, ping_after_s=ping_after_s, bounds=bounds, pool_size=pool_size))
        return engines[-1]

    yield open_one
    for engine in engines:
        engine.dispose()


def seconds_until_away(engine: Engine, statement: str = "SELECT 1") -> float:
    began = time.monotonic()
    with pytest.raises(SQLAlchemyError) as raised, engine.begin() as tx:
        tx.execute(text(statement))
    assert is_outage(raised.value)
    return time.monotonic() - began


def bound_of(tx: Connection) -> float:
    driver = tx.connection.driver_connection
    assert isinstance(driver, BoundedConnection)
    return driver.wait_at_most_s


def copy_into_a_frozen_server(engine: Engine, pid: int) -> None:
    with engine.begin() as tx:
        tx.execute(text("CREATE TEMP TABLE staged (word text)"))
        driver = tx.connection.driver_connection
        assert driver is not None
        with frozen(pid), driver.cursor() as cursor, cursor.copy("COPY staged FROM STDIN") as copy:
            while True:
                copy.write_row(["x" * 10_000])


def answers(engine: Engine) -> bool:
    try:
        with engine.connect() as tx:
            return tx.execute(text("SELECT 1")).scalar_one() == 1
    except SQLAlchemyError:
        return False


def test_a_connection_that_died_while_it_rested_is_replaced_unnoticed(
    sql: Engine, database_url: str, opened: Opener
) -> None:
    ours = opened(database_url, ping_after_s=0)
    with ours.connect() as tx:
        pid = tx.execute(text("SELECT pg_backend_pid()")).scalar_one()
    with sql.connect() as tx:
        tx.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})

    with ours.begin() as tx:
        answer = tx.execute(text("SELECT pg_backend_pid()")).scalar_one()

    assert answer != pid


def test_a_network_that_swallows_everything_is_given_up_within_the_bound(proxy: PostgresProxy, opened: Opener) -> None:
    ours = opened(proxy.url)
    with ours.connect() as tx:
        tx.execute(text("SELECT 1"))

    proxy.speaks.clear()
    took_s = seconds_until_away(ours)

    assert took_s < _SHORT.wait_s + _SLACK_S


def test_a_connection_that_was_given_up_is_never_used_again(proxy: PostgresProxy, opened: Opener) -> None:
    ours = opened(proxy.url)
    with ours.connect() as tx:
        first = tx.execute(text("SELECT pg_backend_pid()")).scalar_one()
    proxy.speaks.clear()
    with pytest.raises(DBAPIError) as raised, ours.connect() as tx:
        tx.execute(text("SELECT 1"))

    proxy.speaks.set()
    with ours.connect() as tx:
        second = tx.execute(text("SELECT pg_backend_pid()")).scalar_one()

    assert raised.value.connection_invalidated  # and with it what rests in the pool
    assert first != second


def test_a_postgresql_that_stands_still_is_given_up_within_the_bound_and_used_again(
    own_postgres: RunningServer, opened: Opener
) -> None:
    ours = opened(own_postgres.url)
    with ours.connect() as tx:
        tx.execute(text("SELECT 1"))

    with frozen(own_postgres.pid):
        in_use_s = seconds_until_away(ours)
        new_s = seconds_until_away(ours)

    assert eventually(lambda: answers(ours))
    assert in_use_s < _SHORT.wait_s + _SLACK_S
    assert new_s < CONNECT_S + _SLACK_S


def test_a_connection_that_rested_is_given_up_before_it_is_trusted_with_a_statement(
    own_postgres: RunningServer, opened: Opener
) -> None:
    ours = opened(own_postgres.url, ping_after_s=0, bounds=USUAL)
    with ours.connect() as tx:
        tx.execute(text("SELECT 1"))

    with frozen(own_postgres.pid):
        took_s = seconds_until_away(ours)

    assert took_s < PING_S + CONNECT_S + _SLACK_S < USUAL.wait_s


@pytest.mark.parametrize(
    "endless",
    ["SELECT pg_sleep(60)", "LOCK TABLE calls"],
    ids=["statement", "lock"],
)
def test_the_server_itself_ends_what_takes_longer_than_its_bound(
    sql: Engine, database_url: str, endless: str, opened: Opener
) -> None:
    ours = opened(database_url)

    with sql.begin() as tx:
        tx.execute(text("LOCK TABLE calls"))
        took_s = seconds_until_away(ours, endless)

    assert took_s < _SHORT.wait_s + _SLACK_S


def test_locks_of_a_client_that_fell_silent_are_freed(sql: Engine, proxy: PostgresProxy, opened: Opener) -> None:
    ours = opened(proxy.url)
    with ours.connect() as silent:
        silent.execute(text("LOCK TABLE calls"))
        proxy.speaks.clear()

        with sql.begin() as tx:
            tx.execute(text("LOCK TABLE calls"))

        proxy.speaks.set()
        with pytest.raises(SQLAlchemyError):
            silent.execute(text("SELECT 1"))


def test_a_copy_that_nobody_takes_is_given_up_within_the_bound(own_postgres: RunningServer, opened: Opener) -> None:
    ours = opened(own_postgres.url)

    with pytest.raises((psycopg.OperationalError, SQLAlchemyError)) as raised:
        copy_into_a_frozen_server(ours, own_postgres.pid)

    assert is_outage(raised.value)


def test_a_sweep_over_many_contacts_may_take_longer_and_leaves_no_leave_behind(
    database_url: str, opened: Opener
) -> None:
    ours = opened(database_url, pool_size=1)

    with ours.begin() as tx:
        allow(tx, SWEEPING)
        tx.execute(text("SELECT pg_sleep(1.5)"))
        leave_s = bound_of(tx)
    took_s = seconds_until_away(ours, "SELECT pg_sleep(60)")

    with ours.connect() as tx:
        assert (leave_s, bound_of(tx)) == (SWEEPING.wait_s, _SHORT.wait_s)
    assert took_s < _SHORT.wait_s + _SLACK_S


def test_a_valkey_that_stands_still_is_given_up_within_the_bound_and_used_again(own_valkey: RunningServer) -> None:
    client = open_redis(own_valkey.url)
    client.ping()
    round_trip(client, [("PING",)])

    with frozen(own_valkey.pid):
        asked = [lambda: client.get("x"), lambda: round_trip(client, [("GET", "x")])]
        waits = [seconds_until_redis_is_away(ask) for ask in asked]

    assert max(waits) < REDIS_ANSWER_S + CONNECT_S + _SLACK_S
    assert client.ping() and round_trip(client, [("PING",)])
    client.close()


def seconds_until_redis_is_away(ask: object) -> float:
    began = time.monotonic()
    with pytest.raises(redis.RedisError) as raised:
        ask()  # type: ignore[operator]
    assert is_outage(raised.value)
    return time.monotonic() - began


def test_a_read_that_blocks_ends_well_before_the_answers_bound() -> None:
    assert REDIS_BLOCK_MS / 1000 < REDIS_ANSWER_S / 2


def test_threads_that_wait_for_a_silent_server_are_all_given_back(proxy: PostgresProxy, opened: Opener) -> None:
    ours = opened(proxy.url)
    proxy.speaks.clear()

    threads = [threading.Thread(target=seconds_until_away, args=(ours,)) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(CONNECT_S * 4 + _SLACK_S)

    assert not any(thread.is_alive() for thread in threads)


def test_an_address_of_two_hosts_leads_to_the_one_that_takes_writes(
    postgres_server: RunningServer, own_postgres: RunningServer, opened: Opener
) -> None:
    hosts = [str(make_url(server.url).query["host"]) for server in (own_postgres, postgres_server)]
    first = make_url(own_postgres.url).set(database="postgres")
    both = first.update_query_pairs([("target_session_attrs", "read-write"), *(("host", host) for host in hosts)])
    with psycopg.connect(own_postgres.url.replace("+psycopg", ""), autocommit=True) as tx:
        tx.execute("ALTER DATABASE postgres SET default_transaction_read_only = on")

    first_alone, either = (opened(url.render_as_string(hide_password=False)) for url in (first, both))

    assert _is_read_only(first_alone)
    assert not _is_read_only(either)


def _is_read_only(engine: Engine) -> bool:
    with engine.begin() as tx:
        return str(tx.execute(text("SHOW transaction_read_only")).scalar()) == "on"
