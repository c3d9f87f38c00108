"""Queries for the results of a campaign: every contact, batch by batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, select

from orchestrator.store.tables import calls, contacts


def contacts_after(connection: Connection, campaign_id: str, contact_id: str, *, limit: int) -> Sequence[Row[Any]]:
    """Return contacts with their last call, in the order of their ids, from the one after `contact_id`."""
    last = calls.alias("last")
    newest = (last.c.dialed_at, last.c.answered_at, last.c.ended_at, last.c.from_number)
    query = (
        select(contacts, *newest)
        .select_from(contacts.outerjoin(last, last.c.id == contacts.c.last_call_id))
        .where(contacts.c.campaign_id == campaign_id, contacts.c.id > contact_id)
    )
    return connection.execute(query.order_by(contacts.c.id).limit(limit)).all()


def flows_called(connection: Connection, campaign_id: str) -> set[str]:
    """Return the flows that calls of a campaign were pinned to."""
    query = select(calls.c.flow_id).where(calls.c.campaign_id == campaign_id, calls.c.flow_id.is_not(None))
    return set(connection.execute(query.distinct()).scalars())
