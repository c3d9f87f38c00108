"""Brings the database to the newest schema, one process at a time."""

from __future__ import annotations

from pathlib import Path

import psycopg
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from orchestrator.errors import Misconfigured
from orchestrator.store.sql.engine import open_sql
from orchestrator.store.sql.schema_version import is_current, is_older, schema_remedy
from orchestrator.store.sql.tables import metadata
from orchestrator.store.timeouts import MIGRATING

_FOLDER = Path(__file__).parent / "migrations"
_LOCK = 7_201_338  # any fixed number: the advisory lock that makes a second migrator wait
_TRIES = 100
_TABLES = text(
    "SELECT string_agg(quote_ident(tablename), ', ' ORDER BY tablename) FROM pg_tables "
    "WHERE schemaname = current_schema() AND tablename = ANY(:ours)"
)


def upgrade(database_url: str) -> None:
    """Run every missing revision, under an advisory lock; safe to run any number of times and from many processes.

    Engines of the version before may be at work: they wait until it is over. Raise Misconfigured for the schema of a
    newer version.
    """
    engine = open_sql(database_url, pool_size=1, bounds=MIGRATING)
    try:
        with engine.begin() as tx:
            upgrade_within(tx)
    finally:
        engine.dispose()


def upgrade_within(tx: Connection, revision: str = "head") -> None:
    """Run what is missing up to a revision, in the caller's transaction."""
    tx.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    if is_current(tx):
        return
    _refuse_newer(tx)
    _take_tables(tx)
    _run_revisions(tx, revision)


def _refuse_newer(tx: Connection) -> None:
    """Raise Misconfigured for a schema that this code cannot know: Alembic would only miss a file."""
    if not is_older(tx):
        raise Misconfigured(schema_remedy(tx))


def _take_tables(tx: Connection) -> None:
    """Lock all tables before anything is done, so that what meets an engine's lock is tried again and nothing is lost.

    Taken one by one as the revisions come to them, a deadlock would undo indexes that took minutes to build.
    """
    tables = tx.execute(_TABLES, {"ours": list(metadata.tables)}).scalar()
    for left in reversed(range(_TRIES)) if tables else ():
        if _took(tx, f"LOCK TABLE {tables} IN ACCESS EXCLUSIVE MODE", is_last=left == 0):
            return


def _took(tx: Connection, statement: str, *, is_last: bool) -> bool:
    try:
        with tx.begin_nested():
            tx.execute(text(statement))
    except OperationalError as err:
        if is_last or not isinstance(err.orig, psycopg.errors.DeadlockDetected):
            raise
        return False
    return True


def _run_revisions(tx: Connection, revision: str) -> None:
    from alembic import command  # takes long to import, and most starts find the newest schema
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.attributes["connection"] = tx
    command.upgrade(config, revision)
