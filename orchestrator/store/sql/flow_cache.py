"""Flows as they are stored, and a shelf of those this process has compiled."""

from __future__ import annotations

from functools import lru_cache

from sqlalchemy import Engine, select

from orchestrator.errors import NotFound
from orchestrator.flow import Flow, load_flow
from orchestrator.flow.library import Library, StoredFlow
from orchestrator.store.sql import flows as queries_flows
from orchestrator.store.sql.tables import flows

_KEPT = 512


class FlowCache:
    """Hands out compiled flows by id; a stored flow never changes, so one look is enough."""

    def __init__(self, sql: Engine) -> None:
        self.sql = sql
        self.get = lru_cache(maxsize=_KEPT)(self._load)

    def find(self, flow_id: str | None) -> Flow | None:
        """Return the flow of a call, None for a single call that goes without one."""
        return self.get(flow_id) if flow_id else None

    def _load(self, flow_id: str) -> Flow:
        with self.sql.connect() as tx:
            row = tx.execute(select(flows.c.source, flows.c.content_type).where(flows.c.id == flow_id)).first()
        if row is None:
            raise NotFound("flow", flow_id)
        return load_flow(row.source, row.content_type, library=stored_flows(self.sql), is_stored=True)


def stored_flows(sql: Engine) -> Library:
    """Return the library of the stored flows."""

    def find(name: str, version: int) -> StoredFlow | None:
        with sql.connect() as tx:
            row = queries_flows.find_version(tx, name, version)
        return None if row is None else StoredFlow(row.source, row.content_type)

    return find
