"""Asks the carrier about calls that outlived their deadline, and ends, keeps or hangs them up by its answer."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

import redis
from sqlalchemy import ColumnElement, Engine, Row, case, func, select, update

from orchestrator.errors import OrchestratorError
from orchestrator.ids import stable_uuid
from orchestrator.model.attempt_state import AttemptState
from orchestrator.model.event import ACTION_REQUESTED, HANGUP_ASSUMED, Event
from orchestrator.store.redis.event_streams import add_event
from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.live_calls import load_live
from orchestrator.store.redis.unread_events import find_unheard
from orchestrator.store.sql.dial_ledger import DEADLINE_SLACK_S
from orchestrator.store.sql.inbound_calls import ASK_EVERY_S
from orchestrator.store.sql.tables import calls
from orchestrator.telnyx.client import TelnyxClient

log = logging.getLogger(__name__)

ASK_AGAIN = timedelta(seconds=60)
_AT_MOST = 50


def poll_call_status(sql: Engine, client: redis.Redis, keys: Keys, carrier: TelnyxClient) -> int:
    """Look into each accepted call whose deadline has passed; return how many were judged.

    Callers have hours: they are asked about long before, and those who still talk are left alone.
    """
    unheard = find_unheard(client, keys)
    if unheard.is_behind:
        return 0  # their ends may stand in the streams: an engine that was away has hours of them
    overdue = [row for row in _take_overdue(sql) if not unheard.is_of(row.id, row.call_control_id)]
    for row in overdue:
        try:
            leg = row.call_control_id or _leg_told_of(client, keys, row.id)
            status = carrier.call_status(leg) if leg else None
        except OrchestratorError as err:
            log.warning("cannot ask about a call: %s", err, extra={"call_id": row.id})
            continue
        if status is not None and status.is_alive:
            if not row.may_go_on:
                add_event(client, keys, _hang_up(row))
        else:
            add_event(
                client, keys, assumed_hangup(row, reason="it outlived its deadline and the carrier has it no more")
            )
    return len(overdue)


def assumed_hangup(row: Any, *, reason: str) -> Event:
    """Return the hangup nobody told us of; a late real one corrects it and is no second end (R14)."""
    return Event(
        id=f"synth:{row.id}:hangup",
        type=HANGUP_ASSUMED,
        occurred_at=row.db_now,
        call_id=row.id,
        payload={"hangup_cause": "unspecified", "reason": reason},
    )


def _take_overdue(sql: Engine) -> list[Row[Any]]:
    """Return overdue calls, their deadline moved so that one sweeper asks about each; nothing is held across HTTP."""
    overdue = (
        select(calls.c.id)
        .where(calls.c.state == AttemptState.ACCEPTED, calls.c.deadline_at < func.clock_timestamp())
        .limit(_AT_MOST)
        .with_for_update(skip_locked=True)
    )
    now = func.clock_timestamp()
    may_go_on = (calls.c.direction == "inbound") & (_ends_at() > now)
    asked_again = case((may_go_on, func.least(now + timedelta(seconds=ASK_EVERY_S), _ends_at())), else_=now + ASK_AGAIN)
    with sql.begin() as tx:
        taken = (
            update(calls)
            .where(calls.c.id.in_(overdue))
            .values(deadline_at=asked_again)
            .returning(
                calls.c.id,
                calls.c.call_control_id,
                calls.c.deadline_at,
                now.label("db_now"),
                may_go_on.label("may_go_on"),
            )
        )
        return list(tx.execute(taken).all())


def _ends_at() -> ColumnElement[datetime]:
    """Return when a call has had all the time it was given."""
    lasts_s = calls.c.ring_limit_s + calls.c.talk_limit_s + DEADLINE_SLACK_S
    return calls.c.accepted_at + func.make_interval(0, 0, 0, 0, 0, 0, lasts_s)


def _leg_told_of(client: redis.Redis, keys: Keys, call_id: str) -> str | None:
    """Return the leg that only the live state knows: a webhook may have named it where the carrier's answer did not."""
    loaded = load_live(client, keys, call_id)
    return loaded.call.call_control_id if loaded else None


def _hang_up(row: Row[Any]) -> Event:
    command_id = stable_uuid(row.id, "deadline", str(row.deadline_at))
    return Event(
        id=f"deadline:{command_id}",
        type=ACTION_REQUESTED,
        occurred_at=row.db_now,
        call_id=row.id,
        payload={"command_id": command_id, "action": "hangup", "body": {}},
    )
