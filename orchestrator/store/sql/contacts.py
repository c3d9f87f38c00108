"""Queries on contacts: pages, single ones, and changes on request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, select, text, true, update
from sqlalchemy.dialects.postgresql import insert

from orchestrator.model.attempt_state import LIVE
from orchestrator.model.contact_status import CONTACT_TRANSITIONS, ContactStatus
from orchestrator.store.sql.contact_filters import (
    CALLED,
    ShownReason,
    first_few,
    is_found_by_campaign,
    leads,
    of_a_person,
    selected,
    shown_as,
    standing,
    with_tag,
)
from orchestrator.store.sql.pagination import LOOKED_AT, Listed, Looked, look_through, newest_first
from orchestrator.store.sql.state_lists import IS_CLAIMABLE
from orchestrator.store.sql.tables import calls, campaigns, contacts

_LAST = "~"  # behind every id
# As CALLED, where campaigns are not joined.
_IS_CALLED = contacts.c.campaign_id.not_in(select(campaigns.c.id).where(campaigns.c.kind == "inbound"))
# The newest of each status and zone: filtering a million contacts by a rare status would read them all.
_STANDING = text(
    """
    SELECT p.id FROM unnest(CAST(:statuses AS text[]), CAST(:zones AS text[])) AS s(status, zone)
    CROSS JOIN LATERAL (
        SELECT id FROM contacts WHERE campaign_id = :campaign_id AND status = s.status AND zone = s.zone AND id < :after
        ORDER BY id DESC LIMIT :most) p
    ORDER BY p.id DESC LIMIT :most
    """
)
# Some of those who are due, in these zones.
_DUE = text(
    f"""
    SELECT p.id FROM unnest(CAST(:zones AS text[])) AS z(zone) CROSS JOIN LATERAL (
        SELECT id FROM contacts WHERE campaign_id = :campaign_id AND zone = z.zone AND {IS_CLAIMABLE}
            AND due_at <= :now LIMIT :most) p
    LIMIT :most
    """  # noqa: S608 built from constants
)


def _shown() -> Select[Any]:
    kept = ("calling_hours", "purpose")
    rules = (*(campaigns.c[name] for name in kept), campaigns.c.kind.label("campaign_kind"))
    joined = contacts.join(campaigns, campaigns.c.id == contacts.c.campaign_id)
    return select(contacts, contacts.c.due_at.label("until"), *rules).select_from(joined)


def find_contact(tx: Connection, contact_id: str) -> Row[Any] | None:
    """Return a contact with the calling hours of its campaign."""
    return tx.execute(_shown().where(contacts.c.id == contact_id)).first()


def insert_single_contact(tx: Connection, values: Mapping[str, Any]) -> bool:
    """Insert the hidden contact of a single call; False if one with its id is there already."""
    row = insert(contacts).values(values).on_conflict_do_nothing(index_elements=["id"]).returning(contacts.c.id)
    return tx.execute(row).first() is not None  # an insert's rowcount is -1: SQLAlchemy does not keep it


def bound_single_contact(tx: Connection, contact_id: str, *, not_after: datetime) -> None:
    """Set until when the contact of a single call may be dialed."""
    tx.execute(update(contacts).where(contacts.c.id == contact_id).values(not_after=not_after))


def lock_contact(tx: Connection, contact_id: str) -> Row[Any] | None:
    """Lock a contact's row and return it."""
    query = _shown().where(contacts.c.id == contact_id).with_for_update(of=contacts)
    return tx.execute(query).first()


def list_contacts(tx: Connection, filters: Mapping[str, Any], *, after: str | None, limit: int) -> Listed:
    """Return a page of the contacts that filters select."""
    if not filters.keys() - {"status"}:
        query = _shown().where(CALLED, *selected(filters))
        return Listed(tx.execute(newest_first(query, contacts.c.id, after=after, limit=limit)).all())
    if not is_found_by_campaign(filters):
        return _look_through(tx, filters, selected(filters), after=after, limit=limit)
    looked = look_through(tx, contacts.c.id, (), (*selected(filters), _IS_CALLED), after=after, limit=limit)
    if looked.goes_on_after:  # hardly anybody: found in each campaign without reading the others
        return Listed(_list_by_campaign(tx, filters, after=after, limit=limit))
    return _page_of(tx, looked)


def _look_through(
    tx: Connection,
    filters: Mapping[str, Any],
    conditions: Sequence[ColumnElement[bool]],
    *,
    after: str | None,
    limit: int,
) -> Listed:
    """Look where an index leads, and judge by the conditions; or through all that one of the filters selects."""
    leading, conditions = selected(leads(tx, filters)), (*conditions, _IS_CALLED)
    is_one_person = bool(of_a_person(filters))
    few = first_few(tx, filters) if is_one_person else None
    if few is None:
        looked = look_through(tx, contacts.c.id, leading, conditions, after=after, limit=limit)
        few = first_few(tx, filters) if looked.goes_on_after and not is_one_person else None
    if few is not None:
        of_few = select(contacts.c.id).where(contacts.c.id.in_(few), *conditions)
        page = tx.execute(newest_first(of_few, contacts.c.id, after=after, limit=limit)).scalars().all()
        looked = Looked(list(page), None)
    return _page_of(tx, looked)


def _page_of(tx: Connection, looked: Looked) -> Listed:
    shown = _shown().where(contacts.c.id.in_(looked.ids)).order_by(contacts.c.id.desc())
    return Listed(tx.execute(shown).all(), looked.goes_on_after)


def _list_by_campaign(
    tx: Connection, filters: Mapping[str, Any], *, after: str | None, limit: int
) -> Sequence[Row[Any]]:
    """Return the newest of the newest of each campaign: a rare value is found without reading a frequent one."""
    place = [contacts.c.campaign_id == campaigns.c.id]
    wanted = selected({name: value for name, value in filters.items() if name != "tag"})
    each = newest_first(select(contacts.c.id).where(*place, *wanted), contacts.c.id, after=after, limit=limit)
    newest_of = each.correlate(campaigns).lateral("each")
    tagged = (with_tag(filters["tag"]),) if "tag" in filters else ()
    newest = select(newest_of.c.id).select_from(campaigns.join(newest_of, true())).where(CALLED, *tagged)
    page = tx.execute(newest_first(newest, newest_of.c.id, after=None, limit=limit)).scalars().all()
    return tx.execute(_shown().where(contacts.c.id.in_(page)).order_by(contacts.c.id.desc())).all()


def has_phone(tx: Connection, phone: str) -> bool:
    """Return whether any contact has this phone."""
    return bool(tx.execute(select(select(contacts.c.id).where(contacts.c.phone == phone).exists())).scalar_one())


def in_this_order(tx: Connection, contact_ids: Sequence[str]) -> Sequence[Row[Any]]:
    """Return these contacts, in the order of their ids as they are given."""
    rows = {row.id: row for row in tx.execute(_shown().where(contacts.c.id.in_(contact_ids)))}
    return [rows[contact_id] for contact_id in contact_ids if contact_id in rows]


def list_by_current_status(
    tx: Connection,
    campaign_id: str,
    statuses_and_zones: Sequence[tuple[str, str]],
    others: Mapping[str, Any],
    *,
    after: str | None,
    limit: int,
) -> Listed:
    """Return a page of a campaign's contacts with one of these statuses, each in its zone, filtered by `others` too."""
    if others:
        filters = {**others, "campaign_id": campaign_id}
        conditions = [standing(statuses_and_zones), *selected(filters)]
        found = _look_through(tx, filters, conditions, after=after, limit=limit)
        if found.goes_on_after is None:
            return found
        few = _standing(tx, campaign_id, statuses_and_zones, after=after, limit=LOOKED_AT // 4)
        if len(few) > LOOKED_AT // 4:
            return found
        query = _shown().where(contacts.c.id.in_(few), *conditions)
        return Listed(tx.execute(newest_first(query, contacts.c.id, after=after, limit=limit)).all())
    page = _standing(tx, campaign_id, statuses_and_zones, after=after, limit=limit)
    return Listed(tx.execute(_shown().where(contacts.c.id.in_(page)).order_by(contacts.c.id.desc())).all())


def list_by_current_reason(
    tx: Connection,
    campaign_id: str,
    shown: ShownReason,
    others: Mapping[str, Any],
    *,
    standing_so: Sequence[ColumnElement[bool]],
    after: str | None,
    limit: int,
) -> Listed:
    """Return a page of a campaign's contacts that show a reason.

    `standing_so` are conditions of their status, `others` filters that are about something else.
    """
    filters, with_it = {**others, "campaign_id": campaign_id}, {"campaign_id": campaign_id, "reason": shown.reason}
    conditions = [shown_as(shown), *standing_so, *selected(filters)]
    if shown.is_lacked:
        return _list_lacking(tx, filters, shown, conditions, after=after, limit=limit)
    if others or shown.is_stored:
        led_by = filters | with_it if shown.is_stored else filters
        return _look_through(tx, led_by, conditions, after=after, limit=limit)
    waiting = [(ContactStatus.WAITING, zone) for zone in shown.closed]
    in_zones = _standing(tx, campaign_id, waiting, after=after, limit=limit)
    looked = look_through(tx, contacts.c.id, selected(with_it), conditions, after=after, limit=limit)
    known = [ident for ident in (*in_zones, *looked.ids) if ident >= (looked.goes_on_after or "")]
    both = select(contacts.c.id).where(contacts.c.id.in_(known), *conditions)
    page = tx.execute(newest_first(both, contacts.c.id, after=after, limit=limit)).scalars().all()
    rows = tx.execute(_shown().where(contacts.c.id.in_(page)).order_by(contacts.c.id.desc())).all()
    return Listed(rows, looked.goes_on_after if len(page) <= limit else None)


def _list_lacking(
    tx: Connection,
    filters: Mapping[str, Any],
    shown: ShownReason,
    conditions: Sequence[ColumnElement[bool]],
    *,
    after: str | None,
    limit: int,
) -> Listed:
    """Return a page of those who show what a campaign lacks: nearly all of its contacts may be due, or hardly any."""
    found = _look_through(tx, filters, conditions, after=after, limit=limit)
    if found.goes_on_after is None:
        return found
    place, most = {"campaign_id": filters["campaign_id"]}, LOOKED_AT // 4
    due = tx.execute(_DUE, {**place, "zones": list(shown.open), "now": shown.now, "most": most + 1}).scalars().all()
    of_reason = select(contacts.c.id).where(*selected({**place, "reason": shown.reason})).limit(most + 1)
    stored = tx.execute(of_reason).scalars().all()
    if max(len(due), len(stored)) > most:
        return found
    query = _shown().where(contacts.c.id.in_({*due, *stored}), *conditions)
    return Listed(tx.execute(newest_first(query, contacts.c.id, after=after, limit=limit)).all())


def _standing(
    tx: Connection,
    campaign_id: str,
    statuses_and_zones: Sequence[tuple[str, str]],
    *,
    after: str | None,
    limit: int,
) -> Sequence[str]:
    params = {
        "campaign_id": campaign_id,
        "statuses": [status for status, _ in statuses_and_zones],
        "zones": [zone for _, zone in statuses_and_zones],
        "after": after or _LAST,
        "most": limit + 1,
    }
    return tx.execute(_STANDING, params).scalars().all()


def update_contact(tx: Connection, contact: Row[Any], changes: Mapping[str, Any]) -> None:
    """Change columns of a contact that the caller has locked.

    Raises ForbiddenTransition where its status may not be followed by the new one.
    """
    if "status" in changes:
        CONTACT_TRANSITIONS.check(ContactStatus(contact.status), ContactStatus(changes["status"]))
    tx.execute(update(contacts).where(contacts.c.id == contact.id).values(**changes, updated_at=func.now()))


def live_call_of(tx: Connection, contact_id: str) -> Row[Any] | None:
    """Lock and return the attempt of a contact that may be under way; call rows are locked before contacts (R1)."""
    states = calls.c.state.in_(LIVE)
    query: Select[Any] = select(calls.c.id, calls.c.state).where(calls.c.contact_id == contact_id, states)
    return tx.execute(query.with_for_update()).first()
