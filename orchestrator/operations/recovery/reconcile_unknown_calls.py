"""Looks for dials that may have been carried out: in webhooks, active calls and the carrier's call events (R21)."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import redis
from sqlalchemy import Engine, Row
from sqlalchemy.exc import IntegrityError

from orchestrator.errors import OrchestratorError
from orchestrator.model.event import DIAL_ACCEPTED, Event
from orchestrator.operations.dialing.release_attempts import ReleasedAttempt, free_channel
from orchestrator.operations.recovery.poll_call_status import assumed_hangup
from orchestrator.operations.recovery.resolve_unanswered_dials import carrier_ids
from orchestrator.store.redis.event_streams import add_event
from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.live_calls import KEEP_AFTER_RECORD_S, expire_live_state, load_live
from orchestrator.store.redis.unread_events import find_unread
from orchestrator.store.sql.dial_ledger import mark_accepted
from orchestrator.store.sql.unknown_calls import give_up, list_due_unknown, note_absence
from orchestrator.telnyx.client import TelnyxClient
from orchestrator.telnyx.client_state import ClientState
from orchestrator.telnyx.resources import ActiveCall

log = logging.getLogger(__name__)

LOOK_EVERY_S = 30
ABSENT_AFTER_S = 120
GIVE_UP_AFTER_S = 600
_AT_MOST = 200


class Reconciler:
    """Resolves `unknown` attempts, slowly; it never touches a call without a client_state of this installation."""

    def __init__(self, *, sql: Engine, client: redis.Redis, carrier: TelnyxClient, keys: Keys) -> None:
        self._sql = sql
        self._redis = client
        self._carrier = carrier
        self._keys = keys

    def reconcile_unknown_calls(self, connection_id: str) -> int:
        """Look once into every unknown attempt that is due; return how many were found or given up."""
        unread = find_unread(self._redis, self._keys)
        if unread.is_behind:
            return 0  # what is still in the streams may answer
        with self._sql.connect() as tx:
            found = list_due_unknown(tx, look_every_s=LOOK_EVERY_S, limit=_AT_MOST)
        due = [row for row in found if not unread.is_of(row.id)]
        if not due:
            return 0
        try:
            active = {state.call: leg for leg in self._carrier.active_calls(connection_id) if (state := _leg_a(leg))}
        except OrchestratorError as err:
            log.warning("cannot reconcile: %s", err)
            return 0
        return sum(self._reconcile_one(row, active) for row in due)

    def _reconcile_one(self, row: Row[Any], active: Mapping[str, ActiveCall]) -> bool:
        try:
            return self._reconcile(row, active)
        except OrchestratorError as err:
            log.warning("cannot reconcile: %s", err, extra={"call_id": row.id})
        except IntegrityError:
            log.exception("cannot be adopted", extra={"call_id": row.id})
        return False

    def _reconcile(self, row: Row[Any], active: Mapping[str, ActiveCall]) -> bool:
        if ids := self._reported_ids(row.id):
            return self._found(row, ids)
        if leg := active.get(row.id):
            return self._found(row, _ids(leg))
        if row.absences >= 1 and row.age_s > ABSENT_AFTER_S and (leg_id := self._in_the_carriers_log(row)):
            return self._found_over(row, leg_id)
        return self._absent(row)

    def _reported_ids(self, call_id: str) -> Mapping[str, str | None] | None:
        """Return the ids of a call that the carrier has reported; None while it has not."""
        loaded = load_live(self._redis, self._keys, call_id)
        return carrier_ids(loaded.call) if loaded and loaded.call.is_known_to_carrier else None

    def _found(self, row: Row[Any], ids: Mapping[str, str | None]) -> bool:
        with self._sql.begin() as tx:
            if not mark_accepted(tx, row.id, ids=ids):
                return False  # another process has resolved it meanwhile
        payload = dict(ids)
        event = Event(
            id=f"{DIAL_ACCEPTED}:{row.id}:found",
            type=DIAL_ACCEPTED,
            occurred_at=row.db_now,
            call_id=row.id,
            call_control_id=ids.get("call_control_id"),
            payload=payload,
        )
        add_event(self._redis, self._keys, event)
        return True

    def _found_over(self, row: Row[Any], leg_id: str) -> bool:
        if self._reported_ids(row.id):
            return False  # it came while the events were read, and lives: the next round finds it
        if not self._found(row, {"call_leg_id": leg_id}):
            return False
        add_event(self._redis, self._keys, assumed_hangup(row, reason="the carrier's log has it, and it is over"))
        return True

    def _in_the_carriers_log(self, row: Row[Any]) -> str | None:
        events = self._carrier.call_events(connection_id=row.connection_id, to=row.to_number)
        own = (event for event in events if (state := event.identity) and state.call == row.id)
        return next((event.call_leg_id for event in own if event.call_leg_id), None)

    def _absent(self, row: Row[Any]) -> bool:
        longest_s = max(GIVE_UP_AFTER_S, row.ring_limit_s + row.talk_limit_s)
        is_old = bool(row.absences >= 1 and row.age_s > longest_s)
        with self._sql.begin() as tx:
            if not note_absence(tx, row.id, absences=row.absences):
                return False  # another process has resolved it meanwhile
            # Behind the lock, which also keeps a finalizer waiting: what came while the carrier was asked is seen here.
            given_up = is_old and self._reported_ids(row.id) is None
            if given_up:
                give_up(tx, row.id)
                log.error("attempt stays unknown", extra={"call_id": row.id})
        if given_up:
            gone = ReleasedAttempt(row.id, row.contact_id, row.campaign_id, row.connection_id)
            free_channel(self._redis, self._keys, gone)
            # Not at once: what comes late still finds its flow.
            expire_live_state(self._redis, self._keys, [row.id], after_s=KEEP_AFTER_RECORD_S)
        return given_up


def _leg_a(leg: ActiveCall) -> ClientState | None:
    state = leg.identity
    return state if state and state.role == "A" else None


def _ids(leg: ActiveCall) -> dict[str, str | None]:
    return {
        "call_control_id": leg.call_control_id,
        "call_leg_id": leg.call_leg_id,
        "call_session_id": leg.call_session_id,
    }
