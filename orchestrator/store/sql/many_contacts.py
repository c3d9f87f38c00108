"""What is done to many contacts at once: counted beforehand, or made in one batch of a change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Update, and_, case, cast, func, literal, or_, select, update

from orchestrator.model.contact_status import CLAIMABLE, OPEN_CONTACTS, ContactStatus
from orchestrator.policy.hold_reasons import Reason
from orchestrator.store.sql.opt_outs import IS_IN_FORCE
from orchestrator.store.sql.state_changes import change_state
from orchestrator.store.sql.tables import contacts, suppression_requests, suppressions

BY_REQUEST = "by_request"
_IS_OPEN = contacts.c.status.in_(OPEN_CONTACTS)
_PROMISED = contacts.c.callback["at"].astext


def is_open() -> ColumnElement[bool]:
    """Select the contacts that are not over."""
    return _IS_OPEN


def has_other_priority(priority: int) -> ColumnElement[bool]:
    """Select the contacts that are not over and have another priority."""
    return and_(_IS_OPEN, contacts.c.priority != priority)


def has_other_beginning(not_before: datetime | None) -> ColumnElement[bool]:
    """Select the contacts that are not over and have another `not_before`."""
    return and_(_IS_OPEN, contacts.c.not_before.is_distinct_from(not_before))


def is_not_suppressed(scope: str, *, before: datetime | None = None) -> ColumnElement[bool]:
    """Select the contacts whose number is not suppressed within a scope for good, or was not `before` a moment."""
    same = (suppressions.c.phone == contacts.c.phone, suppressions.c.scope == scope)
    lasts = suppressions.c.expires_at.is_(None)
    of_it = (suppression_requests.c.suppression_id == suppressions.c.id, suppression_requests.c.expires_at.is_(None))
    first_asked = select(func.min(suppression_requests.c.asked_at)).where(*of_it).scalar_subquery()
    since = func.coalesce(first_asked, suppressions.c.created_at)
    in_time = [since < before] if before else []
    return ~select(suppressions.c.id).where(*same, IS_IN_FORCE, lasts, *in_time).exists()


def count_such(tx: Connection, contact_ids: Sequence[str], such: ColumnElement[bool]) -> int:
    """Return how many of these contacts are such."""
    query = select(func.count()).where(contacts.c.id.in_(contact_ids), such)
    return int(tx.execute(query).scalar_one())


def phones_of(tx: Connection, contact_ids: Sequence[str]) -> Sequence[str]:
    """Return the numbers of these contacts, each once."""
    return tx.execute(select(contacts.c.phone).where(contacts.c.id.in_(contact_ids)).distinct()).scalars().all()


def cancel_open(tx: Connection, contact_ids: Sequence[str]) -> int:
    """Cancel those of these contacts that are not over; return how many.

    Whoever is being called, or is claimed at this moment, is one of them: all in one statement, for between two of them
    a contact may come from the one state into the other. What was claimed for them is theirs no more.
    """
    canceled = change_state(ContactStatus.CANCELED, among=OPEN_CONTACTS)
    return _change(tx, canceled.values(reason=BY_REQUEST, due_at=None, current_call_id=None), contact_ids, _IS_OPEN)


def set_priority(tx: Connection, contact_ids: Sequence[str], priority: int) -> int:
    """Give those of these contacts that are not over a priority; return how many had another."""
    return _change(tx, update(contacts).values(priority=priority), contact_ids, has_other_priority(priority))


def set_not_before(tx: Connection, contact_ids: Sequence[str], not_before: datetime | None) -> int:
    """Let those of these contacts that are not over be called no earlier; return how many had another `not_before`.

    Who was held for that alone, and who would be due before, is held until then or waits; what else holds a contact
    stays as it is, for the gate asks for both.
    """
    moved = update(contacts).values(not_before=not_before, **moves_with(not_before))
    return _change(tx, moved, contact_ids, has_other_beginning(not_before))


def moves_with(not_before: datetime | None) -> dict[str, ColumnElement[object]]:
    """Return the status, reason and due time of a contact that gets this `not_before`.

    Who was promised a callback is called no earlier than that, whatever became of `not_before` meanwhile.
    """
    waits_for_it = and_(contacts.c.status == ContactStatus.HELD, contacts.c.reason == Reason.NOT_YET)
    beginning, promised = literal(not_before, contacts.c.due_at.type), cast(_PROMISED, contacts.c.due_at.type)
    until = func.greatest(beginning, promised)
    later = func.coalesce(until > func.now(), False)
    too_early = and_(contacts.c.status.in_(CLAIMABLE), contacts.c.due_at < until)
    held, freed = and_(later, or_(waits_for_it, too_early)), and_(~later, waits_for_it)
    why = case((promised == until, Reason.CALLBACK), else_=Reason.NOT_YET)
    return {
        "status": case((held, ContactStatus.HELD), (freed, ContactStatus.WAITING), else_=contacts.c.status),
        "reason": case((held, why), (freed, None), else_=contacts.c.reason),
        "due_at": case((held, until), (freed, func.now()), else_=contacts.c.due_at),
    }


def _change(tx: Connection, change: Update, contact_ids: Sequence[str], such: ColumnElement[bool]) -> int:
    # locked in the order in which all lock contacts: two batches would wait for each other
    locked = select(contacts.c.id).where(contacts.c.id.in_(contact_ids), such).order_by(contacts.c.id).with_for_update()
    ids = tx.execute(locked).scalars().all()
    if not ids:
        return 0
    return tx.execute(change.where(contacts.c.id.in_(ids)).values(updated_at=func.now())).rowcount
