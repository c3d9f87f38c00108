"""Reads all tables at one moment, and fills an empty database with what was read: rows as PostgreSQL writes them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from psycopg import sql
from sqlalchemy import Connection, text

from orchestrator.store.sql.tables import metadata

Columns = Mapping[str, Sequence[str]]

_COLUMNS = text(
    "SELECT c.table_name, c.column_name FROM information_schema.columns c JOIN pg_tables t "
    "ON t.schemaname = c.table_schema AND t.tablename = c.table_name WHERE c.table_schema = current_schema() "
    "AND c.table_name = ANY(:ours) AND c.is_generated = 'NEVER' ORDER BY c.table_name, c.ordinal_position"
)
_REVISION = text("SELECT version_num FROM alembic_version")
_HAS_TABLES = text("SELECT to_regclass('alembic_version') IS NOT NULL")
_HAS_PEOPLE = text("SELECT EXISTS (SELECT 1 FROM contacts) OR EXISTS (SELECT 1 FROM calls)")
_SEQUENCES = text(
    "SELECT c.table_name, c.column_name, pg_get_serial_sequence(quote_ident(c.table_name), c.column_name) AS sequence "
    "FROM information_schema.columns c WHERE c.table_schema = current_schema() AND c.is_identity = 'YES'"
)


def list_columns(tx: Connection) -> Columns:
    """Return the columns of each table, those that PostgreSQL computes left out."""
    columns: dict[str, list[str]] = {}
    for table, column in tx.execute(_COLUMNS, {"ours": list(metadata.tables)}):
        columns.setdefault(table, []).append(column)
    return columns


def read_revision(tx: Connection) -> str | None:
    """Return the revision of the schema, None for a database without one."""
    if not tx.execute(_HAS_TABLES).scalar_one():
        return None
    revision: str | None = tx.execute(_REVISION).scalar()
    return revision


def holds_people(tx: Connection) -> bool:
    """Return whether there is any contact or call."""
    return bool(tx.execute(_HAS_PEOPLE).scalar_one())


def read_rows(tx: Connection, table: str, columns: Sequence[str]) -> Iterator[bytes]:
    """Yield the rows of a table in pieces."""
    with _cursor(tx).copy(_copy(table, columns, "TO STDOUT")) as copy:
        for piece in copy:
            yield bytes(piece)


def write_rows(tx: Connection, table: str, columns: Sequence[str], pieces: Iterable[bytes]) -> None:
    """Insert the rows that `read_rows` has read."""
    with _cursor(tx).copy(_copy(table, columns, "FROM STDIN")) as copy:
        for piece in pieces:
            copy.write(piece)


@contextmanager
def being_filled(tx: Connection) -> Iterator[list[str]]:
    """Empty all tables and yield their names, referenced ones first; their triggers stand still meanwhile."""
    there = list_columns(tx)
    tables = [table.name for table in metadata.sorted_tables if table.name in there]
    for table in tables:
        tx.execute(text(f'ALTER TABLE "{table}" DISABLE TRIGGER USER'))
    names = ", ".join(f'"{table}"' for table in tables)
    tx.execute(text(f"TRUNCATE {names}"))
    yield tables
    for table, column, sequence in tx.execute(_SEQUENCES).all():
        newest = f'SELECT max("{column}") FROM "{table}"'  # noqa: S608 names of the catalogue
        tx.execute(text(f"SELECT setval(:sequence, coalesce(({newest}), 0) + 1, false)"), {"sequence": sequence})
    for table in tables:
        tx.execute(text(f'ALTER TABLE "{table}" ENABLE TRIGGER USER'))


def _copy(table: str, columns: Sequence[str], way: str) -> sql.Composed:
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    return sql.SQL("COPY {} ({}) " + way).format(sql.Identifier(table), names)


def _cursor(tx: Connection) -> Any:
    return tx.connection.cursor()
