"""Queries that show calls: pages, single ones, timelines."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    RowMapping,
    Select,
    and_,
    case,
    exists,
    func,
    or_,
    select,
    text,
    update,
)

from orchestrator.model.attempt_state import MAY_RING, AttemptState
from orchestrator.policy.names import forms_of
from orchestrator.store.sql.frequent_values import rarest
from orchestrator.store.sql.pagination import Listed, Looked, all_if_few, look_through, newest_first
from orchestrator.store.sql.tables import (
    MAY_LIVE,
    NUMBER_GUARD,
    OUTCOME_BEGINS,
    call_events,
    calls,
    campaigns,
    contacts,
    flows,
)

_PLAIN = ("campaign_id", "disposition", "direction")
_OF_A_PERSON = frozenset({"to", "contact_id", "external_id"})  # who has few calls
_LEADING = ("disposition", "outcome", "status", "direction")  # whose values indexes have, in the order of ids …
_FREQUENT = frozenset({AttemptState.ENDED, "outbound"})  # … but for these
_COLUMNS = {"status": "state"}
_CLOCKS_DIFFER_BY = timedelta(hours=1)  # at most: ids are made by the clocks of dispatchers
_TRIED = 100
_RESERVED_AT_MOST_BEFORE = timedelta(minutes=2)  # the first send of a call
_JOINED = contacts.alias("joined")  # of an inbound call: the contact whom a campaign had dialed
_CAME_IN = calls.c.direction == "inbound"
_LATER = calls.alias("later")
# By the database's clock: the ids of two dispatchers are made by two clocks.
_NEXT_CALL = (
    select(_LATER.c.id)
    .where(_LATER.c.contact_id == calls.c.contact_id, _LATER.c.reserved_at > calls.c.reserved_at)
    .order_by(_LATER.c.reserved_at)
    .limit(1)
    .scalar_subquery()
)
# Written out: the plan for any value of a parameter could not use the index of open calls.
_UNDER_WAY = text(f"calls.state = '{AttemptState.ACCEPTED}'")
_WITH_CONTACT = calls.join(contacts, contacts.c.id == calls.c.contact_id)
_FILTERS: Mapping[str, Callable[[Any], ColumnElement[bool]]] = {
    "contact_id": lambda value: or_(calls.c.contact_id == value, and_(calls.c.joined_contact_id == value, _CAME_IN)),
    "to": lambda value: calls.c.to_number == value,
    "status": lambda value: calls.c.state == value,
    "outcome": lambda value: and_(func.left(value, 200) == OUTCOME_BEGINS, calls.c.outcome == value),
    "external_id": lambda value: contacts.c.external_id.in_(forms_of(value)),
    "ended_after": lambda value: calls.c.ended_at >= value,
    "ended_before": lambda value: calls.c.ended_at < value,
}


def _shown() -> Select[Any]:
    joined = (
        _WITH_CONTACT.join(campaigns, campaigns.c.id == calls.c.campaign_id)
        .outerjoin(flows, flows.c.id == calls.c.flow_id)
        .outerjoin(_JOINED, and_(_JOINED.c.id == calls.c.joined_contact_id, _CAME_IN))
    )
    beside = (
        func.coalesce(_JOINED.c.external_id, contacts.c.external_id).label("external_id"),
        _JOINED.c.campaign_id.label("joined_campaign_id"),
        campaigns.c.kind.label("campaign_kind"),
        case((calls.c.state == AttemptState.WITHDRAWN, _NEXT_CALL)).label("next_call_id"),
        flows.c.name.label("flow_name"),
        flows.c.version.label("flow_version"),
    )
    return select(calls, *beside).select_from(joined)


def find_call(tx: Connection, call_id: str) -> Row[Any] | None:
    """Return a call with its flow, its campaign's kind and the contact it is joined to."""
    return tx.execute(_shown().where(calls.c.id == call_id)).first()


def newest_call_of(tx: Connection, contact_id: str) -> Row[Any] | None:
    """Return the newest attempt of a contact."""
    query = _shown().where(calls.c.contact_id == contact_id).order_by(calls.c.id.desc()).limit(1)
    return tx.execute(query).first()


def live_calls_of(tx: Connection, campaign_id: str) -> list[tuple[str, datetime]]:
    """Return the id of each call of a campaign that the carrier has or may have, with the database's time."""
    live = (calls.c.campaign_id == campaign_id, calls.c.state.in_(MAY_RING))
    rows = tx.execute(select(calls.c.id, func.clock_timestamp().label("now")).where(*live))
    return [(row.id, row.now) for row in rows]


def newest_under_way(tx: Connection, campaign_id: str, *, most: int) -> Sequence[RowMapping]:
    """Return id, number and times of a campaign's calls that the carrier has taken, newest first."""
    times = (calls.c.reserved_at, calls.c.dialed_at, calls.c.answered_at)
    query = select(calls.c.id, calls.c.to_number, *times).where(calls.c.campaign_id == campaign_id, _UNDER_WAY)
    return tx.execute(query.order_by(calls.c.id.desc()).limit(most)).mappings().all()


def count_dials_since(tx: Connection, campaign_id: str, *, since: datetime) -> int:
    """Return how many of a campaign's calls were first sent since then, of those reserved up to two minutes before."""
    recent = (calls.c.reserved_at > since - _RESERVED_AT_MOST_BEFORE, calls.c.first_sent_at > since)
    query = select(func.count()).where(calls.c.campaign_id == campaign_id, *recent)
    return int(tx.execute(query).scalar_one())


def count_each_dialed_since(tx: Connection, campaign_ids: Sequence[str], *, since: datetime) -> dict[str, int]:
    """Return the same count of each of these campaigns that has dialed since then, by its id."""
    recent = (calls.c.reserved_at > since - _RESERVED_AT_MOST_BEFORE, calls.c.first_sent_at > since)
    query = select(calls.c.campaign_id, func.count()).where(calls.c.campaign_id.in_(campaign_ids), *recent)
    return {row[0]: row[1] for row in tx.execute(query.group_by(calls.c.campaign_id))}


def count_spent_since(tx: Connection, contact_id: str, moment: datetime) -> int:
    """Return how many attempts of a contact ended behind a moment and were spent."""
    ended = (calls.c.contact_id == contact_id, calls.c.ended_at > moment, calls.c.fault.is_(None))
    query = select(func.count()).where(*ended, calls.c.state == AttemptState.ENDED)
    return int(tx.execute(query).scalar_one())


def is_number_in_use(tx: Connection, number: str) -> bool:
    """Return whether an attempt to a number is under way."""
    under_way = exists().where(calls.c.to_number == number, text(NUMBER_GUARD))
    return bool(tx.execute(select(under_way)).scalar_one())


def list_calls(tx: Connection, filters: Mapping[str, Any], *, after: str | None, limit: int) -> Listed:
    """Return a page of calls; withdrawn attempts, which were never dialed, only where their status is filtered for."""
    if filters.keys() & _OF_A_PERSON:
        query = _selected(_shown(), filters)
        return Listed(tx.execute(newest_first(query, calls.c.id, after=after, limit=limit)).all())
    looked = _look_through(tx, filters, after=after, limit=limit)
    shown = _shown().where(calls.c.id.in_(looked.ids)).order_by(calls.c.id.desc())
    return Listed(tx.execute(shown).all(), looked.goes_on_after)


def _look_through(tx: Connection, filters: Mapping[str, Any], *, after: str | None, limit: int) -> Looked:
    """Look through all that ended within the times, if they are few; else where an index leads, the rarest first."""
    conditions = _conditions(filters)
    times = [conditions[name] for name in ("ended_after", "ended_before") if name in filters]
    few = all_if_few(tx, calls.c.id, times, along=calls.c.ended_at) if times else None
    if few is not None:
        of_few = select(calls.c.id).where(calls.c.id.in_(few), *conditions.values())
        return Looked(list(tx.execute(newest_first(of_few, calls.c.id, after=after, limit=limit)).scalars()), None)
    values = {_COLUMNS.get(name, name): filters[name] for name in _LEADING if name in filters}
    first = rarest(tx, "calls", {name: value for name, value in values.items() if value not in _FREQUENT})
    led_by = {name for name in filters if name == "campaign_id" or _COLUMNS.get(name, name) == first}
    leading = [conditions[name] for name in led_by]
    if "ended_before" in filters:
        leading += _reserved_before(tx, filters["ended_before"])
    others = [condition for name, condition in conditions.items() if name not in led_by]
    return look_through(tx, calls.c.id, leading, others, after=after, limit=limit)


def _reserved_before(tx: Connection, moment: datetime) -> list[ColumnElement[bool]]:
    """Return what leads past the calls that were surely reserved later: ids are in that order, but for clocks."""
    later = select(calls.c.id, calls.c.reserved_at).where(calls.c.ended_at >= moment + 2 * _CLOCKS_DIFFER_BY)
    some = later.order_by(calls.c.ended_at).limit(_TRIED).subquery()
    surely = select(func.min(some.c.id)).where(some.c.reserved_at >= moment + _CLOCKS_DIFFER_BY)
    beyond = tx.execute(surely).scalar()
    return [] if beyond is None else [calls.c.id < beyond]


def count_calls(tx: Connection, filters: Mapping[str, Any], *, most: int) -> int:
    """Return how many calls a list of them would have, counted up to `most`."""
    source = _WITH_CONTACT if "external_id" in filters else calls  # a million contacts are not looked up to be counted
    some = _selected(select(calls.c.id).select_from(source), filters).limit(most).subquery()
    return int(tx.execute(select(func.count()).select_from(some)).scalar_one())


def _selected(query: Select[Any], filters: Mapping[str, Any]) -> Select[Any]:
    return query.where(*_conditions(filters).values())


def _conditions(filters: Mapping[str, Any]) -> dict[str, ColumnElement[bool]]:
    conditions = {name: _condition(name, value) for name, value in filters.items()}
    return conditions if "status" in filters else {**conditions, "": calls.c.state != AttemptState.WITHDRAWN}


def list_accepted(tx: Connection) -> list[str]:
    """Return the ids of the calls that the carrier owns."""
    return list(tx.execute(select(calls.c.id).where(calls.c.state == AttemptState.ACCEPTED)).scalars())


def list_sent(tx: Connection, call_ids: Collection[str]) -> Sequence[RowMapping]:
    """Return the rows of those of these calls that may have been dialed; the others were never sent (R20)."""
    never_sent = (AttemptState.RESERVED, AttemptState.WITHDRAWN)
    query = select(calls).where(calls.c.id.in_(set(call_ids)), calls.c.state.not_in(never_sent))
    return tx.execute(query).mappings().all()


def list_flows_in_use(tx: Connection) -> list[str]:
    """Return the ids of the flows of open calls."""
    query = select(calls.c.flow_id).where(text(MAY_LIVE), calls.c.flow_id.is_not(None)).distinct()
    return list(tx.execute(query).scalars())


def publish_at_next_tick(tx: Connection, call_id: str) -> None:
    """Mark a reserved call as published by nobody, so that the dispatcher publishes it at its next tick."""
    tx.execute(update(calls).where(calls.c.id == call_id).values(published_at=None))


def _condition(name: str, value: Any) -> ColumnElement[bool]:
    return calls.c[name] == value if name in _PLAIN else _FILTERS[name](value)


def timeline(tx: Connection, call_id: str) -> Sequence[Row[Any]]:
    """Return the recorded timeline of a call, in the order in which it was processed."""
    query = select(call_events).where(call_events.c.call_id == call_id)
    return tx.execute(query.order_by(call_events.c.position, call_events.c.event_id)).all()
