"""Errors of the database, sorted: what may pass when it is said again, and what never will."""

from __future__ import annotations

import random
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from orchestrator.store.connect import open_sql
from orchestrator.store.outage import is_outage


def error_of(engine: Engine, statement: str, **params: Any) -> SQLAlchemyError:
    with pytest.raises(SQLAlchemyError) as raised, engine.connect() as connection:
        connection.execute(text(statement), params)
    return raised.value


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
    with sql.connect() as connection:
        connection.execute(text("SET TRANSACTION READ ONLY"))
        with pytest.raises(SQLAlchemyError) as raised:
            connection.execute(text("DELETE FROM numbers"))

    assert is_outage(raised.value)


@pytest.mark.parametrize(
    "odd", ["a\0b", "".join(random.Random(1).choices("0123456789abcdef", k=20_000))], ids=["nul", "endless"]
)
def test_what_the_database_does_not_take_is_no_outage(sql: Engine, odd: str) -> None:
    insert = "INSERT INTO connections (id, calls_per_second, max_live_calls) VALUES (:odd, 1, 1)"

    assert not is_outage(error_of(sql, insert, odd=odd))
