"""Lifts a contact's holds by caps and rests for one more call: a person may know what the counts do not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Engine, Row, func

from orchestrator.errors import Conflict, NotFound
from orchestrator.ids import new_id
from orchestrator.model.contact_status import CLAIMABLE, FINAL_STATUSES, ContactStatus
from orchestrator.policy.lifted_holds import LIFTED_FOR, NewLift
from orchestrator.store.sql import contacts, lifted_holds

_IN_CALL = "The contact is being called: what that call leaves behind can be lifted when it is over."
_CLOSED = "The contact has ended: it is {status}, and waits for nothing."


def lift_hold(contact_id: str, wanted: NewLift, *, by: str, sql: Engine) -> Row[Any]:
    """Lift holds of a contact and return the lift: whoever lifts, when and why is kept.

    It lets one call be made, within LIFTED_FOR, unless the number is dialed for somebody else first. What the law says
    holds on. Raises NotFound; Conflict for a contact that is being called or has ended.
    """
    lift_id = new_id("lft")
    with sql.begin() as tx:
        contact = _lock(tx, contact_id)
        values = {"id": lift_id, "contact_id": contact_id, "holds": sorted(set(wanted.holds)), "lasts": LIFTED_FOR}
        lifted_holds.insert_lift(tx, {**values, "because": wanted.because, "by": by})
        if contact.status == ContactStatus.HELD and contact.reason in wanted.holds:
            free = {"status": ContactStatus.WAITING, "reason": None, "due_at": func.now()}
            contacts.update_contact(tx, contact, free)
        return lifted_holds.find_lift(tx, lift_id)


def list_lifts(contact_id: str, *, after: str | None, limit: int, sql: Engine) -> Sequence[Row[Any]]:
    """Return a page of what was lifted for a contact, newest first; raise NotFound for none."""
    with sql.connect() as tx:
        if contacts.find_contact(tx, contact_id) is None:
            raise NotFound("contact", contact_id)
        return lifted_holds.list_lifts(tx, contact_id, after=after, limit=limit)


def _lock(tx: Connection, contact_id: str) -> Row[Any]:
    """Lock and return the contact before anything is lifted: a claim that has begun holds or calls it first."""
    contact = contacts.lock_contact(tx, contact_id)
    if contact is None:
        raise NotFound("contact", contact_id)
    status = contact.status
    if status == ContactStatus.CALLING:
        raise Conflict("contact_in_call", _IN_CALL, status=status, allowed=CLAIMABLE)
    if status in FINAL_STATUSES:
        raise Conflict("contact_closed", _CLOSED.format(status=status), status=status, allowed=CLAIMABLE)
    return contact
