"""How fast a campaign dials; its other counts are tallies."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from orchestrator.store.sql.tables import calls

_RESERVED_AT_MOST_BEFORE = timedelta(minutes=2)


def count_dials_since(tx: Connection, campaign_id: str, *, since: datetime) -> int:
    """Return how many of a campaign's calls were first sent since then; they wait for a minute or two at most."""
    recent = (calls.c.reserved_at > since - _RESERVED_AT_MOST_BEFORE, calls.c.first_sent_at > since)
    query = select(func.count()).where(calls.c.campaign_id == campaign_id, *recent)
    return int(tx.execute(query).scalar_one())
