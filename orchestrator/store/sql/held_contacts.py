"""Releases contacts that are held for reasons which hold no longer: some at once, the others batch by batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ARRAY, ColumnElement, Connection, Text, any_, cast, func, select, text

from orchestrator.ids import new_id
from orchestrator.model.contact_status import ContactStatus
from orchestrator.store.sql import bulk_changes
from orchestrator.store.sql.bulk_changes import Page
from orchestrator.store.sql.state_changes import change_state
from orchestrator.store.sql.tables import contacts

RELEASE: Final = "release"
"""The kind of the change that goes on with a release."""

_AT_ONCE = 500  # contacts: dialing waits for no longer a transaction
# Not by their status, which has other indexes: a plan would sort all who are held, for each batch.
_NEXT = text(
    """
    SELECT h.id FROM unnest(CAST(:reasons AS text[])) r (reason) CROSS JOIN LATERAL (
        SELECT id FROM contacts WHERE campaign_id = :campaign_id AND reason = r.reason AND id > :after AND id <= :upto
        ORDER BY id LIMIT :most) h
    ORDER BY h.id LIMIT :most
    """
)


def release_holds(tx: Connection, campaign_ids: Sequence[str], reasons: Sequence[str]) -> None:
    """Release contacts of these campaigns that are held for one of `reasons`, to be checked again at once.

    Of very many the first are released in this transaction, and with it a change is left by which a sweeper goes on.
    """
    upto = new_id("con")
    pages = {each: _first_held(tx, each, reasons, upto=upto) for each in campaign_ids}
    release(tx, [contact_id for page in pages.values() for contact_id in page.matching], reasons)
    for campaign_id, page in pages.items():
        if len(page.matching) == _AT_ONCE:
            filters = {"campaign_id": campaign_id, "reasons": list(reasons)}
            change = {"id": new_id("chg"), "kind": RELEASE, "filter": filters, "upto": upto, "done_to": page.last}
            bulk_changes.insert_change(tx, {**change, "touched_at": func.to_timestamp(0)})


def first_held(tx: Connection, campaign_id: str, reasons: Sequence[str]) -> Sequence[str]:
    """Return the contacts that `release_holds` would release at once."""
    return _first_held(tx, campaign_id, reasons, upto=new_id("con")).matching


def _first_held(tx: Connection, campaign_id: str, reasons: Sequence[str], *, upto: str) -> Page:
    filters = {"campaign_id": campaign_id, "reasons": list(reasons)}
    return next_held(tx, filters, after="", upto=upto, look_at=_AT_ONCE)


def next_held(tx: Connection, filters: Mapping[str, Any], *, after: str, upto: str, look_at: int) -> Page:
    """Return the next contacts of a campaign that have one of the `reasons`, in the order of their ids."""
    ids = tx.execute(_NEXT, {**filters, "after": after, "upto": upto, "most": look_at}).scalars().all()
    return Page(ids, ids[-1] if ids else None)


def release(tx: Connection, contact_ids: Sequence[str], reasons: Sequence[str]) -> int:
    """Release those of these contacts that are still held for one of `reasons`; return how many."""
    held = (_among(contact_ids), contacts.c.status == ContactStatus.HELD, contacts.c.reason.in_(reasons))
    locked = tx.execute(select(contacts.c.id).where(*held).order_by(contacts.c.id).with_for_update()).scalars().all()
    released = change_state(ContactStatus.WAITING, among=(ContactStatus.HELD,)).where(_among(locked))
    return tx.execute(released.values(reason=None, due_at=func.now(), updated_at=func.now())).rowcount


def _among(contact_ids: Sequence[str]) -> ColumnElement[bool]:
    return contacts.c.id == any_(cast(list(contact_ids), ARRAY(Text)))
