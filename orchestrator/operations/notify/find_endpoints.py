"""Finds webhook endpoints and what became of their deliveries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Engine, Row

from orchestrator.operations.notify.write_endpoints import found_endpoint
from orchestrator.store.sql import webhook_deliveries, webhook_endpoints


def find_endpoint(endpoint_id: str, *, sql: Engine) -> Row[Any]:
    """Return an endpoint; raises NotFound without one."""
    with sql.connect() as tx:
        return found_endpoint(webhook_endpoints.find_endpoint(tx, endpoint_id), endpoint_id)


def list_endpoints(*, after: str | None, limit: int, sql: Engine) -> Sequence[Row[Any]]:
    """Return a page of endpoints."""
    with sql.connect() as tx:
        return webhook_endpoints.list_endpoints(tx, after=after, limit=limit)


def list_deliveries(
    endpoint_id: str, filters: Mapping[str, Any], *, after: str | None, limit: int, sql: Engine
) -> Sequence[Row[Any]]:
    """Return a page of an endpoint's deliveries, the newest event first; raises NotFound without the endpoint."""
    with sql.connect() as tx:
        found_endpoint(webhook_endpoints.find_endpoint(tx, endpoint_id), endpoint_id)
        return webhook_deliveries.list_deliveries(tx, endpoint_id, filters, after=after, limit=limit)
