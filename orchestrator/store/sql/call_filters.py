"""Conditions that select calls of the ledger: whose attempts a change of a campaign, a contact or an opt-out stops."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, select, true

from orchestrator.model.attempt_state import IN_FLIGHT, LIVE, AttemptState
from orchestrator.store.sql.opt_outs import IS_IN_FORCE
from orchestrator.store.sql.tables import calls, contacts, suppressions


def of_campaign(campaign_id: str) -> ColumnElement[bool]:
    """Select the calls of a campaign."""
    return calls.c.campaign_id == campaign_id


def of_call(call_id: str) -> ColumnElement[bool]:
    """Select one call."""
    return calls.c.id == call_id


def of_calls(call_ids: Sequence[str]) -> ColumnElement[bool]:
    """Select these calls."""
    return calls.c.id.in_(call_ids)


def of_contacts(contact_ids: Sequence[str]) -> ColumnElement[bool]:
    """Select the calls of these contacts."""
    return calls.c.contact_id.in_(contact_ids)


def to_number(phone: str, *, campaign_id: str | None) -> ColumnElement[bool]:
    """Select the calls to a number, in one campaign or in all."""
    return (calls.c.to_number == phone) & (calls.c.campaign_id == campaign_id if campaign_id else true())


def from_number(caller_id: str) -> ColumnElement[bool]:
    """Select the calls that show this caller id."""
    return calls.c.from_number == caller_id


def open_to_suppressed_numbers() -> ColumnElement[bool]:
    """Select the calls that are under way and whose number is suppressed for their campaign."""
    in_scope = (suppressions.c.scope == "global") | (suppressions.c.scope == calls.c.campaign_id)
    listed = select(suppressions.c.id).where(suppressions.c.phone == calls.c.to_number, in_scope, IS_IN_FORCE).exists()
    return calls.c.state.in_(LIVE) & listed


def first_of_import(import_id: str) -> ColumnElement[bool]:
    """Select the attempts of contacts of an import for whom no call is over."""
    undialed = select(contacts.c.id).where(contacts.c.import_id == import_id, contacts.c.attempts == 0)
    return calls.c.contact_id.in_(undialed)


def claimed_in_vain(contact_ids: Sequence[str]) -> ColumnElement[bool]:
    """Select the attempts that are reserved for these contacts and that they no longer wait for."""
    current = select(contacts.c.id).where(contacts.c.id == calls.c.contact_id, contacts.c.current_call_id == calls.c.id)
    return calls.c.contact_id.in_(contact_ids) & is_reserved() & ~current.exists()


def every_call() -> ColumnElement[bool]:
    """Select all calls."""
    return true()


def reserved_of_campaigns(campaign_ids: Sequence[str]) -> ColumnElement[bool]:
    """Select the attempts of these campaigns that are claimed and were never sent."""
    return calls.c.campaign_id.in_(campaign_ids) & is_reserved()


def is_reserved() -> ColumnElement[bool]:
    """Select the attempts that are claimed and were never sent."""
    return calls.c.state == AttemptState.RESERVED


def dialing_call(call_id: str) -> ColumnElement[bool]:
    """Select one attempt while a send of it may have left."""
    return (calls.c.id == call_id) & (calls.c.state == AttemptState.DIALING)


def is_live() -> ColumnElement[bool]:
    """Select the attempts behind which a phone may ring or be off the hook; an unknown one until it is given up."""
    may_be = (calls.c.state == AttemptState.UNKNOWN) & calls.c.disposition.is_(None)
    return calls.c.state.in_(IN_FLIGHT) | may_be
