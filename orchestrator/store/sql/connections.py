"""Queries on Telnyx connections and their limits: calls per second and live calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, func, select, update
from sqlalchemy.dialects.postgresql import insert

from orchestrator.settings import Settings
from orchestrator.store.sql.pagination import newest_first
from orchestrator.store.sql.tables import connections


def ensure_connection(tx: Connection, settings: Settings) -> str:
    """Insert this installation's connection with the limits of the settings, unless it exists, and return its id.

    A row that exists keeps its limits: an operator may have changed them. Raises Misconfigured without a connection id.
    """
    connection_id = settings.connection_id()
    first = {
        "id": connection_id,
        "calls_per_second": settings.calls_per_second,
        "max_live_calls": settings.max_live_calls,
    }
    tx.execute(insert(connections).values(first).on_conflict_do_nothing())
    return connection_id


def find_connection(tx: Connection, connection_id: str) -> Row[Any] | None:
    """Return a connection's row."""
    return tx.execute(select(connections).where(connections.c.id == connection_id)).first()


def lock_connection(tx: Connection, connection_id: str) -> Row[Any] | None:
    """Lock a connection's row against other changes and return it."""
    query = select(connections).where(connections.c.id == connection_id).with_for_update(key_share=True)
    return tx.execute(query).first()


def list_connections(tx: Connection, *, after: str | None, limit: int) -> Sequence[Row[Any]]:
    """Return a page of connections, by their ids downwards."""
    return tx.execute(newest_first(select(connections), connections.c.id, after=after, limit=limit)).all()


def calls_per_second(tx: Connection) -> dict[str, float]:
    """Return what each connection may dial per second."""
    query = select(connections.c.id, connections.c.calls_per_second)
    return {row.id: row.calls_per_second for row in tx.execute(query)}


def update_connection(tx: Connection, connection_id: str, changes: Mapping[str, Any]) -> Row[Any] | None:
    """Change a connection's limits and return its row; dispatchers read it in every round."""
    changed = update(connections).where(connections.c.id == connection_id).values(**changes, updated_at=func.now())
    return tx.execute(changed.returning(connections)).first()
