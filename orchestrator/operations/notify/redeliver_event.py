"""Delivers an event once more on request, and a test event to see whether an endpoint accepts it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, Row

from orchestrator.errors import Conflict, NotFound
from orchestrator.operations.notify.write_endpoints import found_endpoint
from orchestrator.store.sql.told_events import write_test_event
from orchestrator.store.sql.webhook_deliveries import deliver_anew, find_delivery
from orchestrator.store.sql.webhook_endpoints import find_endpoint


def redeliver_event(endpoint_id: str, event_id: str, *, sql: Engine) -> Row[Any]:
    """Make a delivery due now, with all its tries, and return it; one under way is left alone. Safe to repeat.

    It stands outside the order of its subject. Raises Conflict for an endpoint that is disabled.
    """
    with sql.begin() as tx:
        _check_enabled(tx, endpoint_id)
        if find_delivery(tx, endpoint_id, event_id) is None:
            raise NotFound("delivery", event_id)
        deliver_anew(tx, endpoint_id, event_id)
        return _delivery(tx, endpoint_id, event_id)


def send_test_event(endpoint_id: str, *, sql: Engine) -> Row[Any]:
    """Write an event `endpoint.test` for this endpoint alone and return its delivery, which is due at once."""
    with sql.begin() as tx:
        _check_enabled(tx, endpoint_id)
        return _delivery(tx, endpoint_id, write_test_event(tx, endpoint_id).event_id)


def _delivery(tx: Connection, endpoint_id: str, event_id: str) -> Row[Any]:
    row = find_delivery(tx, endpoint_id, event_id)
    if row is None:
        raise NotFound("delivery", event_id)
    return row


def _check_enabled(tx: Connection, endpoint_id: str) -> None:
    row = found_endpoint(find_endpoint(tx, endpoint_id), endpoint_id)
    if row.disabled_at is not None:
        detail = f"The endpoint is disabled ({row.disabled_reason}): enable it first."
        raise Conflict("endpoint_disabled", detail, status="disabled", allowed=["enabled"])
