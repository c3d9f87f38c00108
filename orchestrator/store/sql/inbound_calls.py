"""Queries on inbound calls: the number that was called, its caller, and the row of the call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, RowMapping, func, insert, select, text

from orchestrator.model.attempt_state import AttemptState
from orchestrator.model.contact_status import ContactStatus
from orchestrator.store.sql.dial_ledger import DEADLINE_SLACK_S
from orchestrator.store.sql.state_lists import one_of
from orchestrator.store.sql.tables import calls, campaigns, contacts, numbers

RING_LIMIT_S = 60
ASK_EVERY_S = 600  # whether the call still lives: the webhook of its hangup may have been lost

_LOCK_LEG = text("SELECT pg_advisory_xact_lock(hashtextextended(:leg, 7201340))")

# The locks wait for an erasure under way: a person who is erased by then is not found.
_DIALED_LATELY = text(
    f"""
    SELECT c.* FROM calls k JOIN contacts c ON c.id = k.contact_id JOIN campaigns g ON g.id = c.campaign_id
    WHERE k.to_number = :caller AND k.direction = 'outbound' AND g.kind = 'campaign'
      AND k.state NOT IN {one_of((AttemptState.RESERVED, AttemptState.WITHDRAWN))}
      AND k.last_sent_at > clock_timestamp() - make_interval(days => :days)
    ORDER BY k.last_sent_at DESC LIMIT 1 FOR KEY SHARE OF k, c
    """  # noqa: S608 built from constants
)


@dataclass(frozen=True)
class InboundCall:
    """An inbound call, as its first webhook describes it; `to` is the number of this account."""

    call_id: str
    contact_id: str
    to: str
    caller: str
    initiated_at: datetime
    talk_limit_s: int
    call_control_id: str
    call_leg_id: str | None = None
    call_session_id: str | None = None


def lock_leg(tx: Connection, call_control_id: str) -> None:
    """Lock a leg until the transaction ends: two webhooks of it at once make one call."""
    tx.execute(_LOCK_LEG, {"leg": call_control_id})


def find_inbound_call(tx: Connection, call_control_id: str) -> RowMapping | None:
    """Return the row of the call that came in on a leg, with its age in seconds as `age_s`."""
    age = func.extract("epoch", func.clock_timestamp() - calls.c.reserved_at).label("age_s")
    mine = (calls.c.call_control_id == call_control_id) & (calls.c.direction == "inbound")
    return tx.execute(select(calls, age).where(mine)).mappings().first()


def find_number(tx: Connection, number: str) -> Row[Any] | None:
    """Return the row of a number of this account: its flow and its settings."""
    return tx.execute(select(numbers).where(numbers.c.number == number)).first()


def find_contact_dialed_lately(tx: Connection, caller: str, *, within_days: int) -> RowMapping | None:
    """Return the contact of the newest call of a campaign to `caller`, if it was dialed within so many days."""
    if within_days == 0:
        return None
    return tx.execute(_DIALED_LATELY, {"caller": caller, "days": within_days}).mappings().first()


def find_contact(tx: Connection, contact_id: str) -> RowMapping | None:
    """Return a contact's row, with the values that its campaign has for everybody, and what that says of the law."""
    query = select(contacts, campaigns.c.variables.label("shared_variables"), campaigns.c.law)
    query = query.join_from(contacts, campaigns, campaigns.c.id == contacts.c.campaign_id)
    return tx.execute(query.where(contacts.c.id == contact_id)).mappings().first()


def insert_call(
    tx: Connection, call: InboundCall, mapping: Row[Any], *, connection_id: str, joined: str | None
) -> None:
    """Insert an inbound call, in state `accepted`, with a hidden contact, for each call has one."""
    beside: Mapping[str, Any] = {"campaign_id": mapping.home_id, "flow_id": mapping.flow_id}
    tx.execute(
        insert(contacts).values(
            id=call.contact_id,
            phone=call.caller,
            caller_id=call.to,
            is_single=True,
            status=ContactStatus.CALLING,
            due_at=None,
            current_call_id=call.call_id,
            **beside,
        )
    )
    asked_after_s = min(ASK_EVERY_S, RING_LIMIT_S + call.talk_limit_s + DEADLINE_SLACK_S)
    tx.execute(
        insert(calls).values(
            id=call.call_id,
            contact_id=call.contact_id,
            joined_contact_id=joined,
            connection_id=connection_id,
            direction="inbound",
            to_number=call.to,
            from_number=call.caller,
            attempt=1,
            state=AttemptState.ACCEPTED,
            command_id="",
            ring_limit_s=RING_LIMIT_S,
            talk_limit_s=call.talk_limit_s,
            accepted_at=func.clock_timestamp(),
            deadline_at=func.clock_timestamp() + func.make_interval(0, 0, 0, 0, 0, 0, asked_after_s),
            dialed_at=call.initiated_at,
            call_control_id=call.call_control_id,
            call_leg_id=call.call_leg_id,
            call_session_id=call.call_session_id,
            **beside,
        )
    )
