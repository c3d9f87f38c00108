"""The migrations make the tables that the code says."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine

from orchestrator.store.tables import metadata


def test_the_migrations_and_the_tables_agree(sql: Engine) -> None:
    with sql.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)

    assert differences == []
