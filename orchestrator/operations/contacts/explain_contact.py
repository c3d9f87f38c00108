"""Explains whether a contact may be dialed at a moment, and why not: every check of the gate; nothing is changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import redis
from sqlalchemy import Connection, Engine, Row

from orchestrator.errors import NotFound
from orchestrator.model.contact_status import CLAIMABLE, FINAL_STATUSES, ContactStatus
from orchestrator.operations.contacts.explained import (
    Explained,
    begun_by,
    dials_from_its_caller_id,
    in_words,
    pool_in_use,
    voice_of,
    with_pool,
    zones_at,
)
from orchestrator.operations.dialing.claim_contacts import IN_USE_FOR
from orchestrator.operations.dialing.find_dial_blockers import room_within
from orchestrator.policy.caps import Caps
from orchestrator.policy.dial_gate import GateFacts, Go
from orchestrator.policy.explain import Checked, explain
from orchestrator.policy.hold_reasons import Reason, reason_of_wait, sentence_of
from orchestrator.policy.law.regions import regions_of
from orchestrator.store.redis.keys import Keys
from orchestrator.store.sql import campaigns, contacts
from orchestrator.store.sql.calls import count_spent_since, is_number_in_use
from orchestrator.store.sql.dial_checks import gate_facts, read_facts
from orchestrator.store.sql.dial_ledger import database_now
from orchestrator.store.sql.dialing_stop import Stop, read_stop
from orchestrator.store.sql.flow_cache import FlowCache


def explain_contact(
    contact_id: str, *, at: datetime | None, sql: Engine, client: redis.Redis, keys: Keys, flows: FlowCache, caps: Caps
) -> Explained:
    """Return what the gate says of a contact at `at` (None: now) by the settings of now; raise NotFound for none.

    Dials, opt-outs and attempts are those that the ledger knew at `at`. Whether a call to the number is under way, and
    whether rate and channels have room, is known of this moment alone, and asked for it alone.
    """
    with sql.connect() as tx:
        contact = contacts.find_contact(tx, contact_id)
        row = read_facts(tx, [contact_id], caps, at=at).get(contact_id)
        if contact is None or row is None:
            raise NotFound("contact", contact_id)
        when, stop, is_past = row["db_now"], read_stop(tx), at is not None and at < database_now(tx)
        dials = dials_from_its_caller_id(tx, row, at=at)
        facts = gate_facts(
            row,
            contact_status_ok=not _has_ended(contact, by=when),
            from_caller_id=dials,
            flow_voice=voice_of(flows, row["flow_id"]),
        )
        facts = with_pool(facts, pool_in_use(tx, row, at=at), when)
        if is_past:
            facts = _as_it_stood(tx, facts, contact_id, when, stop)
        explanation = explain(begun_by(facts, when), when)
        if not is_past and contact.status in CLAIMABLE:
            explanation = explanation.followed_by([_due(contact, when)])
        if at is None:
            explanation = explanation.followed_by([_number_free(tx, contact, when)])
        is_asked_for_room = at is None and isinstance(explanation.answer, Go)
        limits = campaigns.running_paces(tx, [contact.campaign_id]) if is_asked_for_room else []
        paused_because = campaigns.read_row(tx, contact.campaign_id).status_reason
    if limits:
        explanation = explanation.followed_by([_room(limits, when, client=client, keys=keys)])
    return Explained(
        at=when,
        explanation=explanation,
        sentence=in_words(explanation, stop=stop, paused_because=paused_because, ended_so=_how_it_ended(contact)),
        zones=zones_at(row, when),
        regions=regions_of(contact.phone, contact.region),
    )


def _has_ended(contact: Row[Any], *, by: datetime) -> bool:
    """Return whether a contact had ended by a moment: what has ended is changed no more, but to erase it."""
    return contact.status in FINAL_STATUSES and contact.updated_at <= by


def _how_it_ended(contact: Row[Any]) -> str:
    """Return how a contact has ended, and why, as far as anybody has said."""
    came_to = contact.outcome or contact.disposition
    why = sentence_of(contact.reason)
    return f"It is {contact.status}{f' ({came_to})' if came_to else ''}{f': {why}' if why else '.'}"


def _as_it_stood(tx: Connection, facts: GateFacts, contact_id: str, when: datetime, stop: Stop | None) -> GateFacts:
    stopped_later = stop is not None and stop.since is not None and stop.since > when
    return replace(
        facts,
        attempts_spent=max(0, facts.attempts_spent - count_spent_since(tx, contact_id, when)),
        dialing_stopped=facts.dialing_stopped and not stopped_later,
        number_in_use=False,
    )


def _due(contact: Row[Any], when: datetime) -> Checked:
    """Return whether the contact's own time has come: that of a retry, or the one it is held until."""
    is_due = contact.due_at is not None and contact.due_at <= when
    facts = {"status": contact.status, "due_at": contact.due_at, "because": contact.reason}
    if contact.reason == Reason.CALLBACK and contact.callback:
        facts |= {"note": contact.callback["note"], "asked_in": contact.callback["call_id"]}
    return Checked("due", None if is_due else reason_of_wait(contact.reason), None if is_due else contact.due_at, facts)


def _number_free(tx: Connection, contact: Row[Any], when: datetime) -> Checked:
    in_use = contact.status == ContactStatus.CALLING or is_number_in_use(tx, contact.phone)
    facts = {"is_being_called": in_use}
    return Checked(
        "number_free", Reason.NUMBER_IN_USE if in_use else None, when + IN_USE_FOR if in_use else None, facts
    )


def _room(limits: Any, when: datetime, *, client: redis.Redis, keys: Keys) -> Checked:
    [limit] = limits
    room = room_within(limits, is_stopped=False, client=client, keys=keys).get(limit.id)
    facts = {"calls_per_second": limit.calls_per_second, "max_live_calls": limit.max_live_calls, **limit.pacing}
    if room is None:
        return Checked("rate_and_channels", Reason.REDIS, None, facts)
    until = when + timedelta(seconds=room.wait_s) if room.lacks and room.wait_s else None
    return Checked("rate_and_channels", room.lacks, until, facts)
