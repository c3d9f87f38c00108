"""Asks the carrier about calls that outlived their deadline, and ends, keeps or hangs them up by its answer."""

from __future__ import annotations

import logging
from typing import Any

import redis
from sqlalchemy import Engine, Row

from orchestrator.errors import OrchestratorError
from orchestrator.ids import stable_uuid
from orchestrator.model.event import ACTION_REQUESTED, HANGUP_ASSUMED, Event
from orchestrator.store.redis.event_streams import add_event
from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.live_calls import load_live
from orchestrator.store.redis.unread_events import find_unread
from orchestrator.store.sql.overdue_calls import let_call_go_on, take_overdue_calls
from orchestrator.telnyx.client import TelnyxClient

log = logging.getLogger(__name__)

ASK_AGAIN_S = 60
_AT_MOST = 50


def poll_call_status(sql: Engine, client: redis.Redis, keys: Keys, carrier: TelnyxClient) -> int:
    """Ask the carrier about each accepted call whose deadline has passed; return how many these were.

    Callers may talk for hours: the carrier is asked long before, and those who still talk are left alone.
    """
    unread = find_unread(client, keys)
    if unread.is_behind:
        return 0  # their ends may still be in the streams: an engine that was away has hours of them
    with sql.begin() as tx:  # nothing is held across HTTP
        taken = take_overdue_calls(tx, ask_again_s=ASK_AGAIN_S, limit=_AT_MOST)
    overdue = [row for row in taken if not unread.is_of(row.id, row.call_control_id)]
    for row in overdue:
        try:
            leg = row.call_control_id or _live_leg(client, keys, row.id)
            status = carrier.call_status(leg) if leg else None
        except OrchestratorError as err:
            log.warning("cannot ask about a call: %s", err, extra={"call_id": row.id})
            continue
        if status is not None and status.is_alive:
            if row.may_go_on:
                with sql.begin() as tx:
                    let_call_go_on(tx, row.id)
            else:
                add_event(client, keys, _hang_up(row))
        else:
            add_event(
                client, keys, assumed_hangup(row, reason="it outlived its deadline and the carrier has it no more")
            )
    return len(overdue)


def assumed_hangup(row: Any, *, reason: str) -> Event:
    """Return the hangup that was never reported; a late real one corrects it and is no second end (R14)."""
    return Event(
        id=f"synth:{row.id}:hangup",
        type=HANGUP_ASSUMED,
        occurred_at=row.db_now,
        call_id=row.id,
        payload={"hangup_cause": "unspecified", "reason": reason},
    )


def _live_leg(client: redis.Redis, keys: Keys, call_id: str) -> str | None:
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
