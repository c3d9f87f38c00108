"""Conditions that select contacts by what they are and how they stand: for their list, and for what is done to many."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, and_, any_, func, literal, or_, select, text, true, tuple_

from orchestrator.model.contact_status import ContactStatus
from orchestrator.policy.names import forms_of
from orchestrator.store.sql.erased_calls import ERASED
from orchestrator.store.sql.frequent_values import rarest
from orchestrator.store.sql.pagination import LOOKED_AT, all_if_few
from orchestrator.store.sql.state_lists import spelled
from orchestrator.store.sql.tables import campaigns, contacts

CALLED = text("campaigns.kind <> 'inbound'")
"""Says of a campaign that its contacts are people to call: those of inbound calls are in no list of contacts."""

_OF_PEOPLE = select(campaigns.c.id).where(campaigns.c.kind == "campaign")
_BY_PERSON = ("external_id", "phone")  # a switchboard has many contacts
_STANDING = ("outcome", "disposition", "reason")  # whose values an index of each campaign has, in the order of ids


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
_INDEXED = 200  # characters of an outcome: an index takes no text of any length


def _begins(outcome: ColumnElement[str]) -> ColumnElement[str]:
    return func.left(outcome, literal(_INDEXED, literal_execute=True))


def selected(filters: Mapping[str, Any], *, of: FromClause = contacts) -> list[ColumnElement[bool]]:
    """Return the conditions of filters by their names, all of which hold; `status` is the one that is stored."""
    return [_CONDITIONS[name](of, value) for name, value in filters.items()]


def standing(statuses_and_zones: Sequence[tuple[str, str]]) -> ColumnElement[bool]:
    """Select the contacts that have one of these statuses, each in its zone."""
    return tuple_(contacts.c.status, contacts.c.zone).in_(statuses_and_zones)


@dataclass(frozen=True)
class ShownReason:
    """A reason as the contacts of a campaign show it at a moment.

    Of those who wait it is the reason in the zones `closed`, for those whose hours have not begun; in the zones `open`
    whoever is due waits for what the campaign `lacks`, if anything, and whoever is not for what is stored.
    """

    reason: str
    closed: Sequence[str]
    open: Sequence[str]
    lacks: str | None
    now: datetime

    @property
    def is_lacked(self) -> bool:
        """Whether it is what those who are due wait for."""
        return self.lacks == self.reason

    @property
    def is_stored(self) -> bool:
        """Whether all who show it have it stored, though not all who have it stored show it."""
        return not self.closed and not self.is_lacked


def shown_as(shown: ShownReason) -> ColumnElement[bool]:
    """Select the contacts of a campaign that show a reason at a moment."""
    waits, stored = contacts.c.status == ContactStatus.WAITING, contacts.c.reason == shown.reason
    is_due = func.coalesce(contacts.c.due_at <= shown.now, False)
    in_open = stored if shown.lacks is None else or_(is_due, stored) if shown.is_lacked else and_(~is_due, stored)
    in_zones = or_(contacts.c.zone.in_(shown.closed), and_(contacts.c.zone.in_(shown.open), in_open))
    return or_(and_(~waits, stored), and_(waits, in_zones))


def matching(filters: Mapping[str, Any]) -> Sequence[ColumnElement[bool]]:
    """Return the conditions for the contacts of campaigns that match all of `filters` and were not erased."""
    asked = selected({name: value for name, value in filters.items() if value is not None})
    return (*asked, contacts.c.campaign_id.in_(_OF_PEOPLE), contacts.c.phone.not_like(f"{ERASED}%"))


def of_a_person(filters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the filter that leads to one person's contacts, if there is one."""
    return next(({name: filters[name]} for name in _BY_PERSON if name in filters), {})


def is_found_by_campaign(filters: Mapping[str, Any]) -> bool:
    """Return whether an index of each campaign leads to these contacts, and to no others, in the order of their ids."""
    names = filters.keys() - {"tag"}
    return "campaign_id" not in names and len(names) <= 1 and names <= {"outcome", "disposition", "reason"}


def leads(tx: Connection, filters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the filters that an index leads to: a person, else a rare value of a campaign or a status, by ids."""
    if person := of_a_person(filters):
        return person
    if "campaign_id" not in filters:
        return {name: filters[name] for name in ("status",) if name in filters}
    first = _rarest(tx, filters)
    return {name: filters[name] for name in ("campaign_id", first) if name}


def first_few(tx: Connection, filters: Mapping[str, Any]) -> list[str] | None:
    """Return the ids of all contacts that one of the filters selects, if they are few; None if no filter does."""
    for name, value in of_a_person(filters).items():
        return all_if_few(tx, contacts.c.id, selected({name: value}), along=contacts.c[name])
    if "updated_after" in filters:
        since = selected({"updated_after": filters["updated_after"]})
        few = all_if_few(tx, contacts.c.id, since, along=contacts.c.updated_at)
        if few is not None:
            return few
    first = _rarest(tx, filters)
    if first is None and "tag" not in filters:
        return None
    where = [campaigns.c.id == filters["campaign_id"]] if "campaign_id" in filters else []
    where += [with_tag(filters["tag"])] if "tag" in filters else []
    most = literal(LOOKED_AT + 1, literal_execute=True)
    wanted = selected({first: filters[first]} if first else {})
    each = select(contacts.c.id).where(contacts.c.campaign_id == campaigns.c.id, *wanted).correlate(campaigns)
    found = each.limit(most).lateral("each")
    some = select(found.c.id).select_from(campaigns.join(found, true())).where(*where).limit(most)
    ids = list(tx.execute(some).scalars())
    return ids if len(ids) <= LOOKED_AT else None


def _rarest(tx: Connection, filters: Mapping[str, Any]) -> str | None:
    """Return the filter of those whose values an index of each campaign has that selects fewest, as far as is known."""
    return rarest(tx, "contacts", {name: filters[name] for name in _STANDING if name in filters})
