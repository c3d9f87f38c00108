"""The SQL of erasing: which calls were with a person, what is taken out of them, and how an erased one is known."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Connection, Select, case, func, literal, or_, select, text, update
from sqlalchemy.dialects.postgresql import JSONB

from orchestrator.store.tables import call_events, calls, contacts

ERASED: Final = "erased:"  # stands with the contact's id where a number stood
IS_ERASED: Final = f"(k.to_number LIKE '{ERASED}%' OR k.from_number LIKE '{ERASED}%')"  # of a call as `k`
# The code says how the call ended, and goes on doing so; what stands beside it may name a number.
_CODE_ALONE = text(
    "CASE WHEN telnyx_error ? 'error_code' THEN jsonb_build_object('error_code', telnyx_error->'error_code') END"
)
_UNDER_WAY = calls.c.state.in_(("reserved", "dialing", "accepted")) | (
    (calls.c.state == "unknown") & calls.c.disposition.is_(None)
)


def calls_with(contact_id: str) -> Select[Any]:
    """Return the ids of a contact's calls: those to it, and those of its own to us."""
    return select(calls.c.id).where(or_(calls.c.contact_id == contact_id, calls.c.joined_contact_id == contact_id))


def lock_calls_with(connection: Connection, contact_id: str) -> bool:
    """Lock a contact's calls, before the contact and in the order of the settle loop; say whether one is under way."""
    mine = select(calls.c.id, _UNDER_WAY.label("is_under_way")).where(calls.c.id.in_(calls_with(contact_id)))
    rows = connection.execute(mine.order_by(calls.c.contact_id, calls.c.id).with_for_update()).all()
    return any(row.is_under_way for row in rows)


def erase_calls(connection: Connection, contact_id: str) -> None:
    """Take the personal data out of a contact's calls; the rows, times, results and ids stay: they are the ledger."""
    mine, came_in = calls_with(contact_id), calls.c.direction == "inbound"
    erased = literal(f"{ERASED}{contact_id}")
    connection.execute(update(call_events).where(call_events.c.call_id.in_(mine)).values(payload={}))
    callers = select(calls.c.contact_id).where(calls.c.id.in_(mine), came_in)
    connection.execute(update(contacts).where(contacts.c.id.in_(callers)).values(phone=erased, answers={}))
    blank: dict[str, Any] = {
        "to_number": case((came_in, calls.c.to_number), else_=erased),
        "from_number": case((came_in, erased), else_=calls.c.from_number),
        "request": {},
        "answers": {},
        "error": None,
        "telnyx_error": _CODE_ALONE,
        "recordings": func.cast(text("'[]'"), JSONB),
    }
    connection.execute(update(calls).where(calls.c.id.in_(mine)).values(blank))
