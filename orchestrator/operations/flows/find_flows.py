"""Finds flows: one version, or a page of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row

from orchestrator.errors import NotFound
from orchestrator.store.sql import flows as queries_flows

if TYPE_CHECKING:
    from orchestrator.services import House


def find_flow(house: House, flow_id: str) -> Row[Any]:
    """Return a version of a flow; raise NotFound for none."""
    with house.sql.connect() as connection:
        row = queries_flows.find_flow(connection, flow_id)
    if row is None:
        raise NotFound("flow", flow_id)
    return row


def list_flows(house: House, filters: Mapping[str, Any], *, after: str | None, limit: int) -> Sequence[Row[Any]]:
    """Return a page of versions, newest first."""
    with house.sql.connect() as connection:
        return queries_flows.list_flows(connection, filters, after=after, limit=limit)
