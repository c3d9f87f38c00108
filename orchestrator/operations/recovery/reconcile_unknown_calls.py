"""Looks for dials that may have been carried out: in what we heard, among active calls, in the carrier's log (R21)."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import redis
from sqlalchemy import Connection, Engine, Row, func, text, update
from sqlalchemy.exc import IntegrityError

from orchestrator.errors import OrchestratorError
from orchestrator.model.attempt_state import AttemptState
from orchestrator.model.contact_status import ContactStatus
from orchestrator.model.disposition import Disposition
from orchestrator.model.event import DIAL_ACCEPTED, Event
from orchestrator.operations.dialing.release_attempts import Withdrawn, free_channel
from orchestrator.operations.recovery.poll_call_status import assumed_hangup
from orchestrator.operations.recovery.resolve_unanswered_dials import ids_of, was_heard_of
from orchestrator.policy.hold_reasons import Reason
from orchestrator.store.redis.event_streams import add_event
from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.live_calls import KEEP_AFTER_RECORD_S, let_go, load_live
from orchestrator.store.redis.unread_events import find_unheard
from orchestrator.store.sql.dial_ledger import mark_accepted
from orchestrator.store.sql.state_changes import change_state
from orchestrator.store.sql.tables import calls, contacts
from orchestrator.telnyx.client import TelnyxClient
from orchestrator.telnyx.client_state import ClientState
from orchestrator.telnyx.resources import ActiveCall

log = logging.getLogger(__name__)

LOOK_EVERY_S = 30
ABSENT_AFTER_S = 120
GIVE_UP_AFTER_S = 600
_AT_MOST = 200

_DUE = text(
    f"""
    SELECT k.*, clock_timestamp() AS db_now, extract(epoch FROM clock_timestamp() - k.first_sent_at) AS age_s
    FROM calls k
    WHERE k.state = '{AttemptState.UNKNOWN}' AND k.disposition IS NULL
      AND (k.absent_at IS NULL OR k.absent_at < clock_timestamp() - interval '{LOOK_EVERY_S} s')
    ORDER BY k.absent_at NULLS FIRST LIMIT :most
    """  # noqa: S608 a number of ours
)


class Reconciler:
    """Judges `unknown` attempts, slowly; it never touches a call without our client_state."""

    def __init__(self, *, sql: Engine, client: redis.Redis, carrier: TelnyxClient, keys: Keys | None = None) -> None:
        self._sql = sql
        self._redis = client
        self._carrier = carrier
        self._keys = keys or Keys()

    def reconcile_unknown(self, connection_id: str) -> int:
        """Look once into every unknown attempt that is due; return how many were found or given up."""
        unheard = find_unheard(self._redis, self._keys)
        if unheard.is_behind:
            return 0  # what is still in the streams may answer
        with self._sql.connect() as tx:
            due = [row for row in tx.execute(_DUE, {"most": _AT_MOST}).all() if not unheard.is_of(row.id)]
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
        if told := self._told_of(row.id):
            return self._found(row, told)
        if leg := active.get(row.id):
            return self._found(row, _ids(leg))
        if row.absences >= 1 and row.age_s > ABSENT_AFTER_S and (leg_id := self._in_the_carriers_log(row)):
            return self._found_over(row, leg_id)
        return self._absent(row)

    def _told_of(self, call_id: str) -> Mapping[str, str | None] | None:
        """Return the ids of a call that the carrier has told of; None while it has not."""
        loaded = load_live(self._redis, self._keys, call_id)
        return ids_of(loaded.call) if loaded and was_heard_of(loaded.call) else None

    def _found(self, row: Row[Any], ids: Mapping[str, str | None]) -> bool:
        with self._sql.begin() as tx:
            if not mark_accepted(tx, row.id, ids=ids):
                return False  # somebody else has judged it meanwhile
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
        if self._told_of(row.id):
            return False  # it came while the log was read, and lives: the next look finds it
        if not self._found(row, {"call_leg_id": leg_id}):
            return False
        add_event(self._redis, self._keys, assumed_hangup(row, reason="the carrier's log has it, and it is over"))
        return True

    def _in_the_carriers_log(self, row: Row[Any]) -> str | None:
        events = self._carrier.call_events(connection_id=row.connection_id, to=row.to_number)
        ours = (event for event in events if (state := event.identity) and state.call == row.id)
        return next((event.call_leg_id for event in ours if event.call_leg_id), None)

    def _absent(self, row: Row[Any]) -> bool:
        longest_s = max(GIVE_UP_AFTER_S, row.ring_limit_s + row.talk_limit_s)
        is_old = bool(row.absences >= 1 and row.age_s > longest_s)
        with self._sql.begin() as tx:
            if not _note_absence(tx, row):
                return False  # somebody else has judged it meanwhile
            # Behind the lock, which also keeps a settler waiting: what came while the carrier was asked is seen here.
            given_up = is_old and self._told_of(row.id) is None
            if given_up:
                _give_up(tx, row)
        if given_up:
            gone = Withdrawn(row.id, row.contact_id, row.campaign_id, row.connection_id)
            free_channel(self._redis, self._keys, gone)
            let_go(self._redis, self._keys, [row.id], after_s=KEEP_AFTER_RECORD_S)  # late truth still finds its flow
        return given_up


def _note_absence(tx: Connection, row: Row[Any]) -> bool:
    """Note that an attempt was not found, only while it stands as it was judged; its row is locked then."""
    as_judged = (calls.c.state == AttemptState.UNKNOWN, calls.c.disposition.is_(None), calls.c.absences == row.absences)
    absent = {"absences": row.absences + 1, "absent_at": func.clock_timestamp()}
    return tx.execute(update(calls).where(calls.c.id == row.id, *as_judged).values(absent)).rowcount == 1


def _leg_a(leg: ActiveCall) -> ClientState | None:
    state = leg.identity
    return state if state and state.role == "A" else None


def _give_up(tx: Connection, row: Row[Any]) -> None:
    """End the contact as `unknown`: whether it was called is not known, so it is not called again."""
    tx.execute(
        change_state(ContactStatus.UNKNOWN, among=(ContactStatus.CALLING,))
        .where(contacts.c.current_call_id == row.id)
        .values(
            reason=Reason.UNKNOWN_ATTEMPT.value,
            due_at=None,
            current_call_id=None,
            last_call_id=row.id,
            updated_at=func.now(),
        )
    )
    tx.execute(update(calls).where(calls.c.id == row.id).values(disposition=Disposition.UNKNOWN.value))
    log.error("attempt stays unknown", extra={"call_id": row.id})


def _ids(leg: ActiveCall) -> dict[str, str | None]:
    return {
        "call_control_id": leg.call_control_id,
        "call_leg_id": leg.call_leg_id,
        "call_session_id": leg.call_session_id,
    }
