"""Makes sure that the installation's connection has its row, with the first limits the settings give."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection

from orchestrator.store.sql import connections as queries_connections

if TYPE_CHECKING:
    from orchestrator.settings import Settings


def ensure_connection(tx: Connection, settings: Settings) -> str:
    """Return the id of the installation's connection; its row exists from now on. Raises Misconfigured without one."""
    connection_id = settings.connection_id()
    queries_connections.ensure_connection(
        tx,
        connection_id,
        calls_per_second=settings.calls_per_second,
        max_live_calls=settings.max_live_calls,
    )
    return connection_id
