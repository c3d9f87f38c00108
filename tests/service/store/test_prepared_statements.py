"""A statement that is used again and again is planned once, also by those who only read."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from orchestrator.store.sql.engine import open_sql

_OFTEN = 7  # psycopg prepares a statement when it comes for the sixth time
_PREPARED = text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE :like")


@pytest.fixture
def one(database_url: str) -> Iterator[Engine]:
    """Return an engine of a single connection."""
    engine = open_sql(database_url, pool_size=1)
    yield engine
    with engine.begin() as tx:
        tx.execute(text("DROP TABLE IF EXISTS grows"))
    engine.dispose()


def read(engine: Engine, statement: str) -> list[tuple[object, ...]]:
    with engine.connect() as tx:
        return [tuple(row) for row in tx.execute(text(statement), {"n": 1})]


def is_prepared(engine: Engine, like: str) -> bool:
    with engine.begin() as tx:
        return bool(tx.execute(_PREPARED, {"like": like}).scalar_one())


def test_what_is_only_read_stays_prepared(one: Engine) -> None:
    for _ in range(_OFTEN):
        read(one, "SELECT 1 AS often WHERE :n = 1")

    assert is_prepared(one, "SELECT 1 AS often%")


@pytest.mark.parametrize("isolation", ["READ COMMITTED", "AUTOCOMMIT"])
def test_a_statement_that_no_longer_fits_its_table_fails_once_and_then_answers(
    one: Engine, sql: Engine, isolation: str
) -> None:
    reader = one.execution_options(isolation_level=isolation)
    with sql.begin() as tx:
        tx.execute(text("CREATE TABLE grows AS SELECT 1 AS a"))
    for _ in range(_OFTEN):
        read(reader, "SELECT * FROM grows WHERE a = :n")
    with sql.begin() as tx:
        tx.execute(text("ALTER TABLE grows ADD COLUMN b int DEFAULT 2"))

    with pytest.raises(DBAPIError, match="cached plan must not change result type"):
        read(reader, "SELECT * FROM grows WHERE a = :n")

    assert read(reader, "SELECT * FROM grows WHERE a = :n") == [(1, 2)]


def test_a_loop_keeps_no_plan_that_reads_a_table_whole_because_it_is_small(one: Engine, database_url: str) -> None:
    with one.begin() as tx:
        tx.execute(text("CREATE TABLE grows (a int PRIMARY KEY)"))
        tx.execute(text("INSERT INTO grows VALUES (1), (2)"))
        tx.execute(text("ANALYZE grows"))
    loops = open_sql(database_url, pool_size=1, by_index=True)

    usual, by_index = (str(read(engine, "EXPLAIN SELECT a FROM grows WHERE a = :n")) for engine in (one, loops))
    loops.dispose()

    assert "Seq Scan" in usual
    assert "Index" in by_index


def test_a_loop_prepares_a_statement_at_its_first_use(database_url: str) -> None:
    loops = open_sql(database_url, pool_size=1, by_index=True)

    read(loops, "SELECT 1 AS first WHERE :n = 1")
    known = is_prepared(loops, "SELECT 1 AS first%")
    loops.dispose()

    assert known


@pytest.mark.parametrize("by_index", [False, True])
def test_no_statement_is_compiled_for_that_takes_longer_than_to_carry_it_out(
    database_url: str, *, by_index: bool
) -> None:
    engine = open_sql(database_url, pool_size=1, by_index=by_index)

    with engine.connect() as tx:
        jit = tx.execute(text("SHOW jit")).scalar_one()
    engine.dispose()

    assert jit == "off"
