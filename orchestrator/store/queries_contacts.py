"""Queries on contacts: pages, single ones, and what a person may change about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, or_, select, update

from orchestrator.policy.names import forms_of
from orchestrator.store.pages import newest_first
from orchestrator.store.tables import calls, campaigns, contacts

OPEN = ("waiting", "held")


def _shown() -> Select[Any]:
    rules = (campaigns.c.calling_hours, campaigns.c.kind.label("campaign_kind"))
    joined = contacts.join(campaigns, campaigns.c.id == contacts.c.campaign_id)
    return select(contacts, contacts.c.due_at.label("until"), *rules).select_from(joined)


def find_contact(connection: Connection, contact_id: str) -> Row[Any] | None:
    """Return a contact with the calling hours of its campaign."""
    return connection.execute(_shown().where(contacts.c.id == contact_id)).first()


def lock_contact(connection: Connection, contact_id: str) -> Row[Any] | None:
    """Lock a contact's row and return it."""
    query = _shown().where(contacts.c.id == contact_id).with_for_update(of=contacts)
    return connection.execute(query).first()


def list_contacts(
    connection: Connection,
    filters: Mapping[str, Any],
    *,
    after: str | None,
    limit: int,
    closed_zones: Sequence[str] = (),
) -> Sequence[Row[Any]]:
    """Return a page of contacts; those waiting in `closed_zones` count as held."""
    plain = {name: value for name, value in filters.items() if name != "status"}
    # Who called us is in no list of people to call.
    query = _shown().where(campaigns.c.kind != "inbound", *(_is(name, value) for name, value in plain.items()))
    if "status" in filters:
        query = query.where(_has_status(filters["status"], closed_zones))
    return connection.execute(newest_first(query, contacts.c.id, after=after, limit=limit)).all()


def _is(name: str, value: str) -> ColumnElement[bool]:
    return contacts.c[name].in_(forms_of(value)) if name == "external_id" else contacts.c[name] == value


def _has_status(status: str, closed_zones: Sequence[str]) -> Any:
    is_closed = and_(contacts.c.status == "waiting", contacts.c.zone.in_(closed_zones))
    match status:
        case "held":
            return or_(contacts.c.status == "held", is_closed)
        case "waiting":
            return and_(contacts.c.status == "waiting", contacts.c.zone.not_in(closed_zones))
    return contacts.c.status == status


def update_contact(connection: Connection, contact_id: str, changes: Mapping[str, Any]) -> None:
    """Change columns of a contact."""
    connection.execute(update(contacts).where(contacts.c.id == contact_id).values(**changes, updated_at=func.now()))


def live_call_of(connection: Connection, contact_id: str) -> Row[Any] | None:
    """Lock and return the attempt of a contact that may be under way; call rows are locked before contacts (R1)."""
    states = calls.c.state.in_(("reserved", "dialing", "accepted"))
    query: Select[Any] = select(calls.c.id, calls.c.state).where(calls.c.contact_id == contact_id, states)
    return connection.execute(query.with_for_update()).first()
