"""Counts over a campaign: its contacts, its calls, its answers, its rate."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select, text

from orchestrator.store.bounded_postgres import allow
from orchestrator.store.bounds import COUNTING
from orchestrator.store.tables import calls

_BY_STANDING = text(
    """
    SELECT status, CASE WHEN status = 'held' THEN reason END AS reason,
           CASE WHEN status = 'waiting' THEN zone END AS zone,
           count(*) AS n
    FROM contacts WHERE campaign_id = :campaign_id GROUP BY 1, 2, 3
    """
)
_BY_ANSWER = text(
    """
    SELECT a.key AS name, a.value #>> '{}' AS value, count(*) AS n
    FROM calls k CROSS JOIN LATERAL jsonb_each(k.answers) a
    WHERE k.campaign_id = :campaign_id AND k.answers <> '{}' AND left(a.key, 1) <> '_'
    GROUP BY 1, 2 ORDER BY n DESC, name, value LIMIT :most
    """
)


def count_contacts(connection: Connection, campaign_id: str) -> Sequence[Row[Any]]:
    """Return (status, reason, zone, n); the zone only where it decides, among those that wait."""
    allow(connection, COUNTING)
    return connection.execute(_BY_STANDING, {"campaign_id": campaign_id}).all()


def count_calls(connection: Connection, campaign_id: str) -> Sequence[Row[Any]]:
    """Return (state, disposition, outcome, n) of a campaign's calls; withdrawn attempts are none."""
    allow(connection, COUNTING)
    columns = (calls.c.state, calls.c.disposition, calls.c.outcome)
    query = select(*columns, func.count().label("n")).where(calls.c.campaign_id == campaign_id)
    return connection.execute(query.where(calls.c.state != "withdrawn").group_by(*columns)).all()


def count_answers(connection: Connection, campaign_id: str, *, most: int) -> Sequence[Row[Any]]:
    """Return (name, value, n) of the answers calls have stored, the most frequent first."""
    allow(connection, COUNTING)
    return connection.execute(_BY_ANSWER, {"campaign_id": campaign_id, "most": most}).all()


def count_dials_since(connection: Connection, campaign_id: str, *, since: datetime, oldest_id: str) -> int:
    """Return how many of a campaign's calls were first sent since then; `oldest_id` is an id older than all of them."""
    recent = (calls.c.campaign_id == campaign_id, calls.c.id > oldest_id, calls.c.first_sent_at > since)
    return int(connection.execute(select(func.count()).where(*recent)).scalar_one())
