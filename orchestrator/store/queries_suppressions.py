"""Queries on suppressions: the numbers that are not dialed, everywhere or in one campaign."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, select, text
from sqlalchemy.dialects.postgresql import JSONB

from orchestrator.store.pages import newest_first
from orchestrator.store.tables import suppressions

# In the order of the unique key, so that two uploads cannot lock each other.
_UPSERT = text(
    """
    INSERT INTO suppressions (id, phone, scope, reason, expires_at)
    SELECT id, phone, scope, reason, expires_at
    FROM jsonb_to_recordset(:rows) AS r(id text, phone text, scope text, reason text, expires_at timestamptz)
    ORDER BY phone, scope
    ON CONFLICT (phone, scope) DO UPDATE SET reason = excluded.reason, expires_at = excluded.expires_at
    RETURNING id
    """
).bindparams(bindparam("rows", type_=JSONB))


def upsert_suppressions(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> set[str]:
    """Write suppressions, each (phone, scope) once in `rows`; return the ids of all as they stand now."""
    return set(connection.execute(_UPSERT, {"rows": list(rows)}).scalars()) if rows else set()


def list_suppressions(
    connection: Connection, filters: Mapping[str, Any], *, after: str | None, limit: int
) -> Sequence[Row[Any]]:
    """Return a page of suppressions."""
    query = select(suppressions).where(*(suppressions.c[name] == value for name, value in filters.items()))
    return connection.execute(newest_first(query, suppressions.c.id, after=after, limit=limit)).all()


def delete_suppression(connection: Connection, filters: Mapping[str, Any]) -> int:
    """Delete what matches all of `filters` and return how many that were."""
    matching = [suppressions.c[name] == value for name, value in filters.items()]
    return int(connection.execute(delete(suppressions).where(*matching)).rowcount)
