"""Changes a contact on request; an attempt that is being dialed meets the change at the last check before its dial."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import redis
from sqlalchemy import Connection, Engine, Row
from sqlalchemy.exc import IntegrityError

from orchestrator.clock import Clock
from orchestrator.errors import Conflict, NotFound
from orchestrator.model.contact_status import CLAIMABLE, FINAL_STATUSES, OPEN_CONTACTS, ContactStatus
from orchestrator.operations.contacts.contact_change import ContactChange, columns_of_change
from orchestrator.operations.contacts.end_contact import ended_by_request, withdraw_claims
from orchestrator.operations.contacts.find_contacts import find_contact
from orchestrator.operations.contacts.redial_contacts import wait_once_more
from orchestrator.operations.contacts.upload_target import lock_target, upload_target_of
from orchestrator.operations.dialing.drain_dials import wait_for_earlier_sends
from orchestrator.policy.hold_reasons import Reason
from orchestrator.store.redis.keys import Keys
from orchestrator.store.sql import call_filters, contacts, many_contacts, restored_contacts
from orchestrator.store.sql.campaigns import add_zones
from orchestrator.store.sql.contact_staging import lock_identities
from orchestrator.store.sql.expected_rows import Expects, whatever_it_is
from orchestrator.store.sql.flow_cache import FlowCache
from orchestrator.store.sql.opt_outs import end_waiting

__all__ = ["ContactChange", "change_contact"]

_BEING_CALLED = "The contact is being called; {fields} can be changed when the call is over."


def change_contact(
    contact_id: str,
    change: ContactChange,
    *,
    expects: Expects = whatever_it_is,
    sql: Engine,
    client: redis.Redis,
    keys: Keys,
    flows: FlowCache,
    clock: Clock,
    call_estimate: Decimal,
) -> Row[Any]:
    """Change a contact and return it: an ended one is dialed no more, and a live call goes on to its end (R9).

    With status `waiting` one that has ended waits for one more attempt, and a completed campaign runs again for it.
    Raises Conflict for one that has ended otherwise or cannot be called again, for a phone that another contact of the
    campaign has, or that is being called; InvalidInput for values the flow cannot use.
    """
    known = find_contact(contact_id, sql=sql)
    is_again = change.status == "waiting"
    if change.is_judged:  # its flow is read before anything is locked
        upload_target_of(known.campaign_id, sql=sql, flows=flows, clock=clock, even_completed=is_again)
    try:
        with sql.begin() as tx:
            if change.phone is not None:
                lock_identities(tx, known.campaign_id)
            rules: dict[str, Any] = {"flows": flows, "clock": clock, "runs_again": is_again}
            place = lock_target(tx, known.campaign_id, **rules) if change.is_judged else None
            contact = contacts.lock_contact(tx, contact_id)
            if contact is None:
                raise NotFound("contact", contact_id)
            expects(contact._mapping)
            if contact.status in FINAL_STATUSES and not is_again:
                return _as_it_ended(contact, change)
            _check_live(contact, change)
            _write(tx, contact, change, columns_of_change(place, contact, change))
            if is_again and contact.status in FINAL_STATUSES:
                wait_once_more(tx, contact, now=clock(), call_estimate=call_estimate)
    except IntegrityError as err:
        detail = "Another contact of the campaign has this number and no external_id."
        raise Conflict("duplicate", detail, status=known.status) from err
    if change.ends_with:
        withdraw_claims([contact_id], sql=sql, client=client, keys=keys)
    elif change.may_forbid:
        wait_for_earlier_sends(call_filters.of_contacts([contact_id]), sql=sql)
    return find_contact(contact_id, sql=sql)


def _as_it_ended(contact: Row[Any], change: ContactChange) -> Row[Any]:
    if change.model_fields_set == {"status"} and change.status == contact.status:
        return contact
    detail = f"The contact has ended: it is {contact.status}. Status `waiting` lets it wait for one more attempt."
    raise Conflict("contact_closed", detail, status=contact.status, allowed=OPEN_CONTACTS)


def _check_live(contact: Row[Any], change: ContactChange) -> None:
    if contact.status != ContactStatus.CALLING:
        return
    not_now = [name for name in ("phone", "status") if _is_for_later(contact, change, name)]
    if not_now:
        detail = _BEING_CALLED.format(fields=" and ".join(not_now))
        raise Conflict("contact_in_call", detail, status=contact.status, allowed=(*CLAIMABLE, *FINAL_STATUSES))


def _is_for_later(contact: Row[Any], change: ContactChange, name: str) -> bool:
    if name == "phone":
        return change.phone not in (None, contact.phone)
    return change.status == "waiting"


def _write(tx: Connection, contact: Row[Any], change: ContactChange, columns: dict[str, Any]) -> None:
    """Write the columns; a new number is judged anew, and a new time moves who waits."""
    is_open = contact.status in OPEN_CONTACTS
    not_before = {"not_before": columns.pop("not_before")} if is_open and "not_before" in columns else None
    if change.ends_with:
        columns |= ended_by_request(change.ends_with)
    if change.status == "waiting" and contact.reason == Reason.RESTORED:
        restored_contacts.release_restored(tx, [contact.id])
    contacts.update_contact(tx, contact, columns)
    if not_before:
        many_contacts.set_not_before(tx, [contact.id], not_before["not_before"])
    if "zone" in columns:
        add_zones(tx, contact.campaign_id, [columns["zone"]])
    if columns.get("phone", contact.phone) != contact.phone:
        end_waiting(tx, {columns["phone"]})
