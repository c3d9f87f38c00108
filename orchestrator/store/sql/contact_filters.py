"""Conditions that select contacts by what they are and how they stand: for their list, and for what is done to many."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, and_, any_, func, literal, select, text, tuple_

from orchestrator.model.contact_status import ContactStatus
from orchestrator.policy.names import forms_of
from orchestrator.store.sql.erased_calls import ERASED
from orchestrator.store.sql.frequent_values import rarest
from orchestrator.store.sql.state_lists import spelled
from orchestrator.store.sql.tables import campaigns, contacts

CALLED = text("campaigns.kind <> 'inbound'")
"""Says of a campaign that its contacts are people to call: those of inbound calls are in no list of contacts."""

_OF_PEOPLE = select(campaigns.c.id).where(campaigns.c.kind == "campaign")
_BY_PERSON = frozenset({"phone", "external_id"})
_STANDING = ("outcome", "disposition", "reason", "status")  # whose values an index of each campaign has
_WITHIN_CAMPAIGNS = frozenset({"reason", "disposition", "outcome", "tag"})


def with_tag(tag: str) -> ColumnElement[bool]:
    """Select the campaigns with a tag."""
    return literal(tag) == any_(campaigns.c.tags)


_CONDITIONS: Mapping[str, Callable[[FromClause, Any], ColumnElement[bool]]] = {
    "campaign_id": lambda rows, value: rows.c.campaign_id == value,
    "phone": lambda rows, value: rows.c.phone == value,
    "external_id": lambda rows, value: rows.c.external_id.in_(forms_of(value)),
    # a rare one is found otherwise than a frequent one
    "status": lambda rows, value: rows.c.status == spelled(ContactStatus(value)),
    "statuses": lambda rows, values: rows.c.status.in_(values),
    "reasons": lambda rows, values: rows.c.reason.in_(values),
    "dispositions": lambda rows, values: rows.c.disposition.in_(values),
    "outcomes": lambda rows, values: rows.c.outcome.in_(values),
    "reason": lambda rows, value: rows.c.reason == value,
    "disposition": lambda rows, value: rows.c.disposition == value,
    "outcome": lambda rows, value: and_(_begins(rows.c.outcome) == value[:_INDEXED], rows.c.outcome == value),
    "tag": lambda rows, value: rows.c.campaign_id.in_(select(campaigns.c.id).where(with_tag(value))),
    "updated_after": lambda rows, value: rows.c.updated_at >= value,
}
_FEW = 1_000
_INDEXED = 200  # characters of an outcome: an index takes no text of any length


def _begins(outcome: ColumnElement[str]) -> ColumnElement[str]:
    return func.left(outcome, literal(_INDEXED, literal_execute=True))


def selected(filters: Mapping[str, Any], *, of: FromClause = contacts) -> list[ColumnElement[bool]]:
    """Return the conditions of filters by their names, all of which hold; `status` is the one that is stored."""
    return [_CONDITIONS[name](of, value) for name, value in filters.items()]


def standing(statuses_and_zones: Sequence[tuple[str, str]]) -> ColumnElement[bool]:
    """Select the contacts that have one of these statuses, each in its zone."""
    return tuple_(contacts.c.status, contacts.c.zone).in_(statuses_and_zones)


def matching(filters: Mapping[str, Any]) -> Sequence[ColumnElement[bool]]:
    """Return the conditions for the contacts of campaigns that match all of `filters` and were not erased."""
    asked = selected({name: value for name, value in filters.items() if value is not None})
    return (*asked, contacts.c.campaign_id.in_(_OF_PEOPLE), contacts.c.phone.not_like(f"{ERASED}%"))


def is_found_by_campaign(filters: Mapping[str, Any]) -> bool:
    """Return whether indexes lead to these contacts through each campaign, and not over all of them."""
    names = filters.keys()
    return bool(names & _WITHIN_CAMPAIGNS) and "campaign_id" not in names and not names & _BY_PERSON


def has_changed_few(tx: Connection, filters: Mapping[str, Any]) -> bool:
    """Return whether so few contacts changed since `updated_after` that all of them may be read."""
    if "updated_after" not in filters:
        return False
    since = select(contacts.c.id).where(*selected({"updated_after": filters["updated_after"]})).limit(_FEW + 1)
    return tx.execute(select(func.count()).select_from(since.subquery())).scalar_one() <= _FEW


def led_by(tx: Connection, filters: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the filter with which to look for contacts of a campaign, and those by which to judge what is found.

    The rarest comes first: where campaigns are looked through, PostgreSQL guesses which one that is.
    """
    first = rarest(tx, "contacts", {name: filters[name] for name in _STANDING if name in filters})
    rest = {name: value for name, value in filters.items() if name != first}
    return ({first: filters[first]} if first else {}), rest
