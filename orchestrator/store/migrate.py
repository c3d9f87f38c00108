"""Brings the database to the newest schema, one process at a time."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from orchestrator.store.bounds import MIGRATING
from orchestrator.store.connect import open_sql

_FOLDER = Path(__file__).parent / "migrations"
_LOCK = 7_201_338  # any fixed number: the advisory lock that makes a second migrator wait


def upgrade(database_url: str) -> None:
    """Run every missing revision, under an advisory lock; safe to run any number of times and from many processes."""
    engine = open_sql(database_url, pool_size=1, bounds=MIGRATING)
    try:
        with engine.begin() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            command.upgrade(_config(connection), "head")
    finally:
        engine.dispose()


def is_current(connection: Connection) -> bool:
    """Say whether the schema is the one this code was written for."""
    head = ScriptDirectory.from_config(_config(connection)).get_current_head()
    return MigrationContext.configure(connection).get_current_revision() == head


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.attributes["connection"] = connection
    return config
