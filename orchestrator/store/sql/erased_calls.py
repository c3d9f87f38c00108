"""The SQL of finding whom to erase: their calls and contacts, locked, and how an erased call is known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, Row, RowMapping, Select, or_, select, text

from orchestrator.model.attempt_state import LIVE, AttemptState
from orchestrator.store.sql.tables import calls, contacts

ERASED: Final = "erased:"  # stands with the contact's id where a number stood
IS_ERASED: Final = f"(k.to_number LIKE '{ERASED}%' OR k.from_number LIKE '{ERASED}%')"  # of a call as `k`
# The code says how the call ended, and goes on doing so; what stands beside it may name a number.
CODE_ALONE: Final = text(
    "CASE WHEN telnyx_error ? 'error_code' THEN jsonb_build_object('error_code', telnyx_error->'error_code') END"
)
_UNDER_WAY = calls.c.state.in_(LIVE) | ((calls.c.state == AttemptState.UNKNOWN) & calls.c.disposition.is_(None))


def calls_with(contact_ids: Sequence[str]) -> Select[Any]:
    """Return the ids of these contacts' calls: those to them, and those of their own to us."""
    theirs = or_(calls.c.contact_id.in_(contact_ids), calls.c.joined_contact_id.in_(contact_ids))
    return select(calls.c.id).where(theirs)


def lock_calls_with(tx: Connection, contact_ids: Sequence[str]) -> Sequence[Row[Any]]:
    """Lock these contacts' calls, before any contact and in the order of the settle loop, and return them.

    Each row says with `is_under_way` whether the carrier has or may have the call.
    """
    mine = select(calls, _UNDER_WAY.label("is_under_way")).where(calls.c.id.in_(calls_with(contact_ids)))
    return tx.execute(mine.order_by(calls.c.contact_id, calls.c.id).with_for_update()).all()


def lock_contacts(tx: Connection, contact_ids: Sequence[str]) -> Sequence[Row[Any]]:
    """Lock these contacts, in order, and return them."""
    mine = select(contacts).where(contacts.c.id.in_(contact_ids)).order_by(contacts.c.id).with_for_update()
    return tx.execute(mine).all()


def contacts_with(tx: Connection, phone: str) -> list[str]:
    """Return the ids of the contacts of a number in every campaign, and of those that stand for its calls to us."""
    return list(tx.scalars(select(contacts.c.id).where(contacts.c.phone == phone)))


def is_erased(row: RowMapping) -> bool:
    """Say whether the person of a row of `calls` was erased."""
    return any(str(row[name]).startswith(ERASED) for name in ("to_number", "from_number"))


def is_leg_of_erased(tx: Connection, call_control_id: str) -> bool:
    """Say whether a leg of the carrier's was a call with somebody who was erased."""
    same_leg = select(calls.c.to_number, calls.c.from_number).where(calls.c.call_control_id == call_control_id)
    return any(is_erased(row) for row in tx.execute(same_leg).mappings())
