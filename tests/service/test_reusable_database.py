"""The database of the tests: what one test left is nothing to the next."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from sqlalchemy import make_url

from orchestrator.local_stack.embedded_servers import RunningServer
from tests.support.databases import ReusableDatabase

_CONNECTION = "INSERT INTO connections (id, calls_per_second, max_live_calls) VALUES ('conn', 1, 1)"
_CAMPAIGNS = "INSERT INTO campaigns (id, name, connection_id) SELECT n::text, 'n', 'conn' FROM generate_series(1, %s) n"


@pytest.fixture
def database(postgres_server: RunningServer) -> Iterator[ReusableDatabase]:
    database = ReusableDatabase(postgres_server.url)
    yield database
    database.drop()


def _run(database: ReusableDatabase, statement: str, *values: Any) -> list[Any]:
    address = make_url(database.url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address, autocommit=True) as connection:
        ran = connection.execute(statement.encode(), values)
        return ran.fetchall() if ran.description else []


@pytest.mark.parametrize("campaigns", [3, 20_000])
def test_rows_are_gone_and_triggers_work_on(database: ReusableDatabase, campaigns: int) -> None:
    before = database.url
    _run(database, _CONNECTION)
    _run(database, _CAMPAIGNS, campaigns)

    database.clear()

    assert database.url == before
    assert _run(database, "SELECT count(*) FROM campaigns") == [(0,)]
    assert _run(database, "SELECT count(*) FROM alembic_version") == [(1,)]
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        _run(database, _CAMPAIGNS, 1)


def test_the_planner_forgets_what_it_learned_of_the_tables(database: ReusableDatabase) -> None:
    sizes = "SELECT relname, relpages, reltuples FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY 1"
    at_first = _run(database, sizes)
    _run(database, _CONNECTION)
    _run(database, _CAMPAIGNS, 300)
    _run(database, "VACUUM ANALYZE")
    assert _run(database, sizes) != at_first

    database.clear()

    assert _run(database, sizes) == at_first
    assert _run(database, "SELECT count(*) FROM pg_stats WHERE schemaname = 'public'") == [(0,)]


def test_numbers_begin_again(database: ReusableDatabase) -> None:
    sequences = "SELECT last_value FROM pg_sequences WHERE last_value IS NOT NULL"
    name = _run(database, "SELECT quote_ident(sequencename) FROM pg_sequences")[0][0]
    _run(database, f"SELECT nextval('{name}')")
    counted = _run(database, sequences)

    database.clear()

    assert (counted, _run(database, sequences)) == ([(1,)], [])


@pytest.mark.parametrize(
    "change",
    [
        "CREATE INDEX another ON campaigns (name)",
        "ALTER TABLE campaigns RENAME COLUMN name TO title",
        "ALTER TABLE campaigns ADD CONSTRAINT narrow CHECK (name <> '')",
        "ALTER TABLE campaigns ADD COLUMN another integer",
        "CREATE FUNCTION another() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
        "DROP TRIGGER fill_recording_campaign ON recordings",
        "CREATE SCHEMA another",
        "UPDATE alembic_version SET version_num = '0001'",
    ],
)
def test_a_change_of_the_schema_is_undone(database: ReusableDatabase, change: str) -> None:
    before = database.url
    _run(database, change)

    database.clear()

    assert database.url != before
    _run(database, change)


def test_a_table_of_a_session_ends_with_it_and_costs_no_copy(database: ReusableDatabase) -> None:
    before = database.url
    address = make_url(before).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address, autocommit=True) as session:
        session.execute("CREATE TEMP TABLE staged (word text)")

        database.clear()

    assert database.url == before
    assert _run(database, "SELECT count(*) FROM pg_class WHERE relname = 'staged'") == [(0,)]


def test_a_transaction_that_was_left_open_is_ended(database: ReusableDatabase) -> None:
    address = make_url(database.url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address) as left_open:
        left_open.execute(_CONNECTION)

        database.clear()

        with pytest.raises(psycopg.OperationalError):
            left_open.execute(_CONNECTION)
    assert _run(database, "SELECT count(*) FROM connections") == [(0,)]
