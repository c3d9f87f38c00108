"""Knows the Telnyx connections of this installation: the one it dials on, and those that have a row."""

from __future__ import annotations

from sqlalchemy import Engine, select

from orchestrator.store.sql.tables import connections


class OwnConnections:
    """Remembers the connections it has found; a webhook that names none counts as one of this installation."""

    def __init__(self, connection_id: str, *, sql: Engine) -> None:
        self._known = {connection_id}
        self._sql = sql

    def include(self, connection_id: str | None) -> bool:
        """Return whether the connection is known as this installation's; False where it was never looked up."""
        return connection_id is None or connection_id in self._known

    def ask(self, connection_id: str | None) -> bool:
        """Return whether the connection is this installation's. Raises SQLAlchemyError without the database."""
        if self.include(connection_id):
            return True
        with self._sql.connect() as tx:
            found = tx.execute(select(connections.c.id).where(connections.c.id == connection_id)).scalar()
        self._known.update([found] if found else [])
        return found is not None
