"""An endpoint for events, and what it received: who tells, and who hears."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Engine, text

from orchestrator.ids import new_id
from orchestrator.operations.notify.deliver_events import EventDeliverer
from orchestrator.operations.notify.endpoint_slots import EndpointSlots
from orchestrator.store.sql.told_events import move_new_events
from orchestrator.store.sql.webhook_endpoints import insert_endpoint
from tests.support.raw_server import Behaviour, RawServer, reply

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYq="


@dataclass
class Teller:
    """Tells events to endpoints, a step at a time."""

    sql: Engine

    def endpoint(self, url: str, *events: str, **columns: Any) -> str:
        """Write an endpoint and return its id."""
        endpoint_id = new_id("whe")
        with self.sql.begin() as tx:
            insert_endpoint(tx, {"id": endpoint_id, "url": url, "events": list(events), "secret": SECRET, **columns})
        return endpoint_id

    def tell(self, *told: str) -> None:
        """Write events, each as `type subject`, and offer them to the endpoints."""
        with self.sql.begin() as tx:
            for each in told:
                kind, subject = each.split()
                insert = "INSERT INTO new_events (type, subject, data) VALUES (:type, :subject, '{\"a\": 1}')"
                tx.execute(text(insert), {"type": kind, "subject": subject})
        with self.sql.begin() as tx:
            move_new_events(tx)

    def deliverer(self, url: str = "", **changes: Any) -> EventDeliverer:
        """Return a deliverer that trusts the host of `url`."""
        parts = urlsplit(url)
        trusted = (f"{parts.hostname}:{parts.port}",) if url else ()
        defaults: dict[str, Any] = {"slots": EndpointSlots(4), "trusted": trusted, "spread": lambda: 1.0}
        return EventDeliverer(sql=self.sql, **{**defaults, **changes})

    def rows(self, columns: str = "subject, status, tries, answered, error") -> Sequence[Any]:
        """Return these columns of the deliveries, in the order of their events."""
        with self.sql.connect() as tx:
            query = f"SELECT {columns} FROM webhook_deliveries ORDER BY endpoint_id, seq"
            return tx.execute(text(query)).all()

    def endpoint_row(self) -> Any:
        """Return the only endpoint."""
        with self.sql.connect() as tx:
            return tx.execute(text("SELECT * FROM webhook_endpoints")).one()

    def execute(self, statement: str) -> None:
        with self.sql.begin() as tx:
            tx.execute(text(statement))

    def make_due(self) -> None:
        """Let what waits for its next try be due now."""
        self.execute("UPDATE webhook_deliveries SET due_at = now() WHERE due_at IS NOT NULL")
        self.execute("UPDATE webhook_endpoints SET rest_until = NULL")


def answers(*statuses: int) -> Any:
    """Return a behaviour that answers with these statuses, the last again and again."""

    def behave(server: RawServer) -> Behaviour:
        return lambda connection, _: connection.sendall(
            reply(statuses[min(len(server.requests), len(statuses)) - 1], {})
        )

    return behave


def heard(server: RawServer) -> list[str]:
    """Return what arrived, each as `type subject`."""
    bodies = [json.loads(request.body) for request in server.requests]
    return [f"{body['type']} {body['subject']}" for body in bodies]
