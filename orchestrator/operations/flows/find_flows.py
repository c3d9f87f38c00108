"""Finds flows: one version, or a page of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row

from orchestrator.errors import NotFound
from orchestrator.store.sql import flows as queries_flows

if TYPE_CHECKING:
    from orchestrator.services import Services


def find_flow(services: Services, flow_id: str) -> Row[Any]:
    """Return a version of a flow; raise NotFound for none."""
    with services.sql.connect() as tx:
        row = queries_flows.find_flow(tx, flow_id)
    if row is None:
        raise NotFound("flow", flow_id)
    return row


def list_flows(services: Services, filters: Mapping[str, Any], *, after: str | None, limit: int) -> Sequence[Row[Any]]:
    """Return a page of versions, newest first."""
    with services.sql.connect() as tx:
        return queries_flows.list_flows(tx, filters, after=after, limit=limit)
