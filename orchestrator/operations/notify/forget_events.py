"""Deletes events that are kept no longer, with their deliveries, and what deleted endpoints leave behind."""

from __future__ import annotations

from sqlalchemy import Engine

from orchestrator.store.sql import told_events
from orchestrator.store.sql.webhook_deliveries import forget_deliveries
from orchestrator.store.sql.webhook_endpoints import all_endpoints, forget_endpoint


def forget_events(sql: Engine) -> int:
    """Delete a batch of each kind and return how many rows; 0 when nothing is left to delete."""
    with sql.begin() as tx:
        forgotten = told_events.forget_events(tx)
        found = all_endpoints(tx)
    return forgotten + sum(_of_endpoint(sql, row.id, is_deleted=row.deleted_at is not None) for row in found)


def _of_endpoint(sql: Engine, endpoint_id: str, *, is_deleted: bool) -> int:
    with sql.begin() as tx:
        forgotten = forget_deliveries(tx, endpoint_id, is_deleted=is_deleted)
        if is_deleted and not forgotten:
            forget_endpoint(tx, endpoint_id)
    return forgotten
