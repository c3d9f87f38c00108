"""Queries on changes of many contacts: which contacts come next, how far a change is, and which were interrupted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, and_, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from orchestrator.store.sql.contact_filters import matching
from orchestrator.store.sql.tables import bulk_changes, contacts

RUNNING, COMPLETED, STOPPED = "running", "completed", "stopped"
IS_INTERRUPTED = f"status = '{RUNNING}' AND touched_at < clock_timestamp() - interval '10 seconds'"


class Page(NamedTuple):
    """Some contacts in the order of their ids: those that match, and the last that was looked at; None for no more."""

    matching: Sequence[str]
    last: str | None


def insert_change(tx: Connection, values: Mapping[str, Any]) -> None:
    """Insert a change; one with the same id, begun by the same request, stays as it is."""
    tx.execute(insert(bulk_changes).values(values).on_conflict_do_nothing(index_elements=[bulk_changes.c.id]))


def find_change(tx: Connection, change_id: str) -> Row[Any] | None:
    """Return a change."""
    return tx.execute(select(bulk_changes).where(bulk_changes.c.id == change_id)).first()


def lock_change(tx: Connection, change_id: str) -> Row[Any] | None:
    """Lock a change for one batch and return it; None when it is over."""
    query = select(bulk_changes).where(bulk_changes.c.id == change_id, bulk_changes.c.status == RUNNING)
    return tx.execute(query.with_for_update()).first()


def next_page(tx: Connection, filters: Mapping[str, Any], *, after: str, upto: str, look_at: int) -> Page:
    """Return the contacts that match among the next `look_at`: a page costs the same however few there are."""
    of_campaign = [contacts.c.campaign_id == filters["campaign_id"]] if filters.get("campaign_id") else []
    looked_at = (
        select(contacts.c.id, and_(*matching(filters)).label("matches"))
        .where(*of_campaign, contacts.c.id > after, contacts.c.id <= upto)
        .order_by(contacts.c.id)
        .limit(look_at)
        .subquery()
    )
    found = func.array_agg(looked_at.c.id).filter(looked_at.c.matches)
    row = tx.execute(select(func.max(looked_at.c.id), found)).one()
    return Page(sorted(row[1] or ()), row[0])


def advance_change(tx: Connection, change_id: str, *, done_to: str, matched: int, changed: int) -> None:
    """Note how far a change is, in the transaction that has brought it there."""
    values = {
        "done_to": done_to,
        "matched": bulk_changes.c.matched + matched,
        "changed": bulk_changes.c.changed + changed,
        "touched_at": func.clock_timestamp(),
    }
    tx.execute(update(bulk_changes).where(bulk_changes.c.id == change_id).values(values))


def hand_over(tx: Connection, change_id: str) -> None:
    """Let the next sweep go on with a change, without waiting for a sign of life."""
    tx.execute(update(bulk_changes).where(bulk_changes.c.id == change_id).values(touched_at=text("'epoch'")))


def close_change(tx: Connection, change_id: str, *, status: str, error: Mapping[str, Any] | None = None) -> None:
    """End a change that is running; whom it was looking for is forgotten."""
    is_running = (bulk_changes.c.id == change_id, bulk_changes.c.status == RUNNING)
    values = {"status": status, "error": error, "filter": {}, "touched_at": func.clock_timestamp()}
    tx.execute(update(bulk_changes).where(*is_running).values(values))


def interrupted_changes(tx: Connection) -> Sequence[Any]:
    """Return id and kind of the changes that nobody goes on with."""
    query = select(bulk_changes.c.id, bulk_changes.c.kind).where(text(IS_INTERRUPTED))
    return tx.execute(query.order_by(bulk_changes.c.id)).all()
