"""Queries for the results of a campaign: every contact, batch by batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, func, literal_column, select, text

from orchestrator.store.sql.callbacks import USUAL_PRIORITY
from orchestrator.store.sql.tables import calls, contacts, recordings

_CONTACTS, _LAST = contacts.alias("c"), calls.alias("last")
_WHO = ("id", "phone", "external_id", "status", "reason", "attempts", "disposition", "outcome", "last_call_id")
_WHEN = ("from_number", "dialed_at", "answered_at", "ended_at")
_END = ("hangup_cause", "sip_hangup_cause", "telnyx_error", "fault")
_HEARD = ("heard_after_ms", "abandoned", "silent")
_GIVEN = ("timezone", "timezone_source", "region", "not_before", "not_after", "usual_priority")
_NOW = ("zone", "ignore_hours")

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
    """Return the contacts after `contact_id` in the order of their ids: each with its last call.

    First what `export_columns.RESULT_COLUMNS` names, but for the seconds that follow from its times; then the answers,
    the given place and turn, the variables, and what says how a contact that waits stands now.
    """
    page = (
        select(_CONTACTS, literal_column(USUAL_PRIORITY).label("usual_priority"))
        .where(_CONTACTS.c.campaign_id == campaign_id, _CONTACTS.c.id > contact_id)
        .order_by(_CONTACTS.c.id)
        .limit(limit)
        .subquery("page")
    )
    of_call = select(recordings.c.id).where(recordings.c.call_id == page.c.last_call_id).order_by(recordings.c.id)
    columns = [*(page.c[name] for name in _WHO), *(_LAST.c[name] for name in (*_WHEN, *_END, *_HEARD))]
    columns += [page.c.due_at.label("until"), func.array(of_call.scalar_subquery()).label("recording_ids")]
    joined = page.outerjoin(_LAST, _LAST.c.id == page.c.last_call_id)
    given = [page.c[name] for name in _GIVEN]
    query: Select[Any] = select(*columns, page.c.answers, *given, page.c.variables, *(page.c[name] for name in _NOW))
    query = query.select_from(joined)
    return tx.execute(query.order_by(page.c.id)).all()


def count_up_to(tx: Connection, campaign_id: str, most: int) -> int:
    """Return how many contacts a campaign has, counted up to `most`."""
    some = select(contacts.c.id).where(contacts.c.campaign_id == campaign_id).limit(most).subquery()
    return int(tx.execute(select(func.count()).select_from(some)).scalar_one())


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
