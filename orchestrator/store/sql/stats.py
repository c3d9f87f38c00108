"""Counts a campaign's recent dials, for its rate; its other counts are tallies."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from orchestrator.store.sql.tables import calls

_RESERVED_AT_MOST_BEFORE = timedelta(minutes=2)


def count_dials_since(tx: Connection, campaign_id: str, *, since: datetime) -> int:
    """Return how many of a campaign's calls were first sent since then, of those reserved up to two minutes before."""
    recent = (calls.c.reserved_at > since - _RESERVED_AT_MOST_BEFORE, calls.c.first_sent_at > since)
    query = select(func.count()).where(calls.c.campaign_id == campaign_id, *recent)
    return int(tx.execute(query).scalar_one())
