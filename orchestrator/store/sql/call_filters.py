"""Conditions that select calls of the ledger: whose attempts a change of a campaign, a contact or an opt-out stops."""

from __future__ import annotations

from sqlalchemy import ColumnElement, select, true

from orchestrator.model.attempt_state import LIVE, AttemptState
from orchestrator.store.sql.opt_outs import IS_IN_FORCE
from orchestrator.store.sql.tables import calls, contacts, suppressions


def of_campaign(campaign_id: str) -> ColumnElement[bool]:
    """Select the calls of a campaign."""
    return calls.c.campaign_id == campaign_id


def of_call(call_id: str) -> ColumnElement[bool]:
    """Select one call."""
    return calls.c.id == call_id


def to_number(phone: str, *, campaign_id: str | None) -> ColumnElement[bool]:
    """Select the calls to a number, in one campaign or in all."""
    return (calls.c.to_number == phone) & (calls.c.campaign_id == campaign_id if campaign_id else true())


def open_to_suppressed_numbers() -> ColumnElement[bool]:
    """Select the calls that are under way and whose number is suppressed for their campaign."""
    in_scope = (suppressions.c.scope == "global") | (suppressions.c.scope == calls.c.campaign_id)
    listed = select(suppressions.c.id).where(suppressions.c.phone == calls.c.to_number, in_scope, IS_IN_FORCE).exists()
    return calls.c.state.in_(LIVE) & listed


def reserved_of_import(import_id: str) -> ColumnElement[bool]:
    """Select the attempts that are reserved for contacts of an import that were never dialed."""
    undialed = select(contacts.c.id).where(contacts.c.import_id == import_id, contacts.c.attempts == 0)
    return calls.c.contact_id.in_(undialed) & (calls.c.state == AttemptState.RESERVED)
