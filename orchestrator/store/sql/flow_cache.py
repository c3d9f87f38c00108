"""Loads stored flows, and keeps those that this process has compiled."""

from __future__ import annotations

from functools import lru_cache

from sqlalchemy import Engine

from orchestrator.errors import NotFound
from orchestrator.flow import Flow, load_flow
from orchestrator.flow.library import Library, StoredFlow
from orchestrator.flow.voices import voice_of
from orchestrator.policy.purposes import Voice
from orchestrator.store.sql.flows import find_version, read_source

_KEPT = 512


class FlowCache:
    """Returns compiled flows by id, each loaded once: a stored flow never changes."""

    def __init__(self, sql: Engine) -> None:
        self.sql = sql
        self.get = lru_cache(maxsize=_KEPT)(self._load)
        self._voice = lru_cache(maxsize=_KEPT)(lambda flow_id: voice_of(self.get(flow_id)))

    def find(self, flow_id: str | None) -> Flow | None:
        """Return the flow of a call, None for a single call without one."""
        return self.get(flow_id) if flow_id else None

    def voice(self, flow_id: str | None) -> Voice | None:
        """Return the voice that people hear in a flow, None where nobody knows it; the law depends on it."""
        return self._voice(flow_id) if flow_id else None

    def _load(self, flow_id: str) -> Flow:
        with self.sql.connect() as tx:
            source = read_source(tx, flow_id)
        if source is None:
            raise NotFound("flow", flow_id)
        return load_flow(*source, library=stored_flows(self.sql), is_stored=True)


def stored_flows(sql: Engine) -> Library:
    """Return the library of the stored flows."""

    def find(name: str, version: int) -> StoredFlow | None:
        with sql.connect() as tx:
            row = find_version(tx, name, version)
        return None if row is None else StoredFlow(row.source, row.content_type)

    return find
