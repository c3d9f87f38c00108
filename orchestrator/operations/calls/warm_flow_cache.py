"""Loads the flows of open calls beforehand: an event that waited for one would hold up the timers of every call."""

from __future__ import annotations

import logging

from sqlalchemy import Engine

from orchestrator.errors import OrchestratorError
from orchestrator.store.sql.calls import list_flows_in_use
from orchestrator.store.sql.engine import statement_by_statement
from orchestrator.store.sql.flow_cache import FlowCache

log = logging.getLogger(__name__)


def warm_flow_cache(sql: Engine, flows: FlowCache) -> int:
    """Load the flow of every open call; return how many of them the cache holds."""
    with statement_by_statement(sql).connect() as tx:
        in_use = list_flows_in_use(tx)
    return sum(_is_ready(flows, flow_id) for flow_id in in_use)


def _is_ready(flows: FlowCache, flow_id: str) -> bool:
    try:
        flows.get(flow_id)
    except OrchestratorError as err:  # its events fail the same way, and go to the dead letters
        log.warning("the flow %s cannot be used: %s", flow_id, err)
        return False
    return True
