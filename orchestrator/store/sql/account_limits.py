"""The account's limits: a connection's calls per second and live calls, as the operator last said."""

from __future__ import annotations

from sqlalchemy import Connection
from sqlalchemy.dialects.postgresql import insert

from orchestrator.settings import Settings
from orchestrator.store.sql.tables import connections


def ensure_connection(tx: Connection, settings: Settings) -> str:
    """Write this installation's connection with its first limits unless it is there; return its id."""
    connection_id = settings.connection_id()
    first = {
        "id": connection_id,
        "calls_per_second": settings.calls_per_second,
        "max_live_calls": settings.max_live_calls,
    }
    tx.execute(insert(connections).values(first).on_conflict_do_nothing())
    return connection_id
