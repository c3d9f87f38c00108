"""Queries for the results of a campaign: every contact, batch by batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, select, text

from orchestrator.store.sql.tables import calls, contacts

_LAST = calls.alias("last")
_WHO = ("id", "phone", "external_id", "status", "reason", "attempts", "disposition", "outcome", "last_call_id")
_WHEN = ("from_number", "dialed_at", "answered_at", "ended_at")
_END = ("hangup_cause", "sip_hangup_cause", "telnyx_error", "fault")
_HEARD = ("heard_after_ms", "abandoned", "silent")

RESULT_COLUMNS = (*_WHO, *_WHEN, *_END, *_HEARD)

_VARIABLE_NAMES = text(
    """
    SELECT max(page.id) AS last, array_agg(DISTINCT name) FILTER (WHERE name IS NOT NULL) AS names
    FROM (
        SELECT id, variables FROM contacts WHERE campaign_id = :campaign AND id > :last ORDER BY id LIMIT :limit
    ) page
    LEFT JOIN LATERAL jsonb_object_keys(page.variables) AS name ON true
    """
)


def results_after(tx: Connection, campaign_id: str, contact_id: str, *, limit: int) -> Sequence[Row[Any]]:
    """Return `RESULT_COLUMNS`, the answers, the given place and the variables of contacts after `contact_id`.

    They come in the order of their ids.
    """
    page = (
        select(contacts)
        .where(contacts.c.campaign_id == campaign_id, contacts.c.id > contact_id)
        .order_by(contacts.c.id)
        .limit(limit)
        .subquery("page")
    )
    columns = [*(page.c[name] for name in _WHO), *(_LAST.c[name] for name in (*_WHEN, *_END, *_HEARD))]
    joined = page.outerjoin(_LAST, _LAST.c.id == page.c.last_call_id)
    given = (page.c.timezone, page.c.timezone_source, page.c.region)
    query: Select[Any] = select(*columns, page.c.answers, *given, page.c.variables).select_from(joined)
    return tx.execute(query.order_by(page.c.id)).all()


def variable_names_after(
    tx: Connection, campaign_id: str, contact_id: str, *, limit: int
) -> tuple[str | None, set[str]]:
    """Return the last of the next contacts and the names of all their variables; None when there are no more."""
    values = {"campaign": campaign_id, "last": contact_id, "limit": limit}
    row = tx.execute(_VARIABLE_NAMES, values).one()
    return row.last, set(row.names or ())


def flows_called(tx: Connection, campaign_id: str) -> set[str]:
    """Return the flows that calls of a campaign were pinned to."""
    query = select(calls.c.flow_id).where(calls.c.campaign_id == campaign_id, calls.c.flow_id.is_not(None))
    return set(tx.execute(query.distinct()).scalars())
