"""Finds and locks the calls and contacts of a person who is to be erased, and recognizes erased calls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, Row, RowMapping, Select, or_, select, text, update

from orchestrator.model.attempt_state import LIVE, AttemptState
from orchestrator.store.sql.tables import calls, contacts

ERASED: Final = "erased:"  # followed by the contact's id, in place of the number
IS_ERASED: Final = f"(k.to_number LIKE '{ERASED}%' OR k.from_number LIKE '{ERASED}%')"  # of a call as `k`
# The code says how the call ended and is kept; the rest of the error may name a number.
CODE_ALONE: Final = text(
    "CASE WHEN telnyx_error ? 'error_code' THEN jsonb_build_object('error_code', telnyx_error->'error_code') END"
)
_UNDER_WAY = calls.c.state.in_(LIVE) | ((calls.c.state == AttemptState.UNKNOWN) & calls.c.disposition.is_(None))


def with_joined(tx: Connection, contact_ids: Sequence[str]) -> list[str]:
    """Return the ids of these contacts, and of the hidden ones of calls from them or, as a test, with their values."""
    theirs = select(calls.c.contact_id).where(calls.c.joined_contact_id.in_(contact_ids))
    return sorted({*contact_ids, *tx.scalars(theirs)})


def calls_with(contact_ids: Sequence[str]) -> Select[Any]:
    """Return the ids of these contacts' calls, outbound and inbound, and of test calls with their values."""
    theirs = or_(calls.c.contact_id.in_(contact_ids), calls.c.joined_contact_id.in_(contact_ids))
    return select(calls.c.id).where(theirs)


def lock_calls_with(tx: Connection, contact_ids: Sequence[str]) -> Sequence[Row[Any]]:
    """Lock these contacts' calls, before any contact and in the order of all who lock both, and return them.

    Each row says with `is_under_way` whether the carrier has or may have the call.
    """
    mine = select(calls, _UNDER_WAY.label("is_under_way")).where(calls.c.id.in_(calls_with(contact_ids)))
    return tx.execute(mine.order_by(calls.c.id).with_for_update()).all()


def lock_calls(tx: Connection, call_ids: Sequence[str]) -> Sequence[Row[Any]]:
    """Lock these calls in their order and return them, as `lock_calls_with` does."""
    these = select(calls, _UNDER_WAY.label("is_under_way")).where(calls.c.id.in_(call_ids))
    return tx.execute(these.order_by(calls.c.id).with_for_update()).all()


def lock_contacts(tx: Connection, contact_ids: Sequence[str]) -> Sequence[Row[Any]]:
    """Lock these contacts, in order, and return them."""
    mine = select(contacts).where(contacts.c.id.in_(contact_ids)).order_by(contacts.c.id).with_for_update()
    return tx.execute(mine).all()


def copy_values_from(tx: Connection, call_id: str, contact_id: str) -> Row[Any] | None:
    """Note whose values a test call has, so that erasing the contact finds them, and return the contact.

    None when it is locked by somebody who may be erasing it: nobody is waited for, and nothing is noted.
    """
    unlocked = select(contacts).where(contacts.c.id == contact_id)
    row = tx.execute(unlocked.with_for_update(read=True, key_share=True, skip_locked=True)).first()
    if row is not None:
        tx.execute(update(calls).where(calls.c.id == call_id).values(joined_contact_id=contact_id))
    return row


def contacts_with(tx: Connection, phone: str) -> list[str]:
    """Return the ids of the contacts of a number in every campaign, and of those of its inbound calls."""
    return list(tx.scalars(select(contacts.c.id).where(contacts.c.phone == phone)))


def is_erased(row: RowMapping) -> bool:
    """Return whether the person of a row of `calls` was erased."""
    return any(str(row[name]).startswith(ERASED) for name in ("to_number", "from_number"))


def is_leg_of_erased(tx: Connection, call_control_id: str) -> bool:
    """Return whether a leg belongs to a call with a person who was erased."""
    same_leg = select(calls.c.to_number, calls.c.from_number).where(calls.c.call_control_id == call_control_id)
    return any(is_erased(row) for row in tx.execute(same_leg).mappings())
