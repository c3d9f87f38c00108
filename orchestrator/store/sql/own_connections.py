"""Which of the carrier's connections are of this installation: the one it dials on, and those it has a row of."""

from __future__ import annotations

from sqlalchemy import Engine, select

from orchestrator.store.sql.tables import connections


class OurConnections:
    """Answers without the database for connections met before; a webhook that names none may be of any."""

    def __init__(self, connection_id: str, *, sql: Engine) -> None:
        self._known = {connection_id}
        self._sql = sql

    def include(self, connection_id: str | None) -> bool:
        """Say whether the connection is known to be ours; no is no more than that nobody has asked yet."""
        return connection_id is None or connection_id in self._known

    def ask(self, connection_id: str | None) -> bool:
        """Say whether the connection is ours. Raises SQLAlchemyError when the database is away."""
        if self.include(connection_id):
            return True
        with self._sql.connect() as tx:
            found = tx.execute(select(connections.c.id).where(connections.c.id == connection_id)).scalar()
        self._known.update([found] if found else [])
        return found is not None
