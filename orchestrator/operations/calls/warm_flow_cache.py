"""Loads the flows of open calls beforehand: an event that waited for one would hold up the timers of every call."""

from __future__ import annotations

import logging

from sqlalchemy import Engine, select, text

from orchestrator.errors import OrchestratorError
from orchestrator.store.sql.flow_cache import FlowCache
from orchestrator.store.sql.tables import MAY_LIVE, calls

log = logging.getLogger(__name__)


def warm_flow_cache(sql: Engine, flows: FlowCache) -> int:
    """Make sure that the shelf holds the flow of every open call; return how many it holds of them."""
    query = select(calls.c.flow_id).where(text(MAY_LIVE), calls.c.flow_id.is_not(None)).distinct()
    with sql.connect() as tx:
        wanted = list(tx.execute(query).scalars())
    return sum(_is_ready(flows, flow_id) for flow_id in wanted)


def _is_ready(flows: FlowCache, flow_id: str) -> bool:
    try:
        flows.get(flow_id)
    except OrchestratorError as err:  # its events tell the same, and go to the dead letters
        log.warning("the flow %s cannot be used: %s", flow_id, err)
        return False
    return True
