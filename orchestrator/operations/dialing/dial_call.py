"""Dials one attempt: permitted in SQL, counted by the law, sent once, and settled by what the carrier answered."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar, assert_never

import redis
from sqlalchemy import Connection, Engine, RowMapping
from sqlalchemy.exc import SQLAlchemyError

from orchestrator.clock import boot_seconds
from orchestrator.flow import new_live_call
from orchestrator.model.contact_status import ContactStatus
from orchestrator.model.event import DIAL_ACCEPTED, DIAL_REJECTED, Event
from orchestrator.model.live_call import LiveCall
from orchestrator.operations.dialing.pause_refused_campaigns import refuse_campaigns
from orchestrator.operations.dialing.release_attempts import ReleaseReason, Withdrawn, free_channels, withdraw
from orchestrator.policy.caps import DEFAULT_CAPS, Caps
from orchestrator.policy.dial_gate import GateAnswer, Go, Hold, Never, may_dial
from orchestrator.policy.hold_reasons import Reason
from orchestrator.policy.pacing import DispatchLimits, dispatch_limits
from orchestrator.store.outage import in_words, is_outage
from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.live_calls import load_live
from orchestrator.store.redis.memory_guard import MemoryWatch
from orchestrator.store.redis.rate_limiter import Permission, permit_send, report_answer
from orchestrator.store.sql.contact_transitions import hold_still
from orchestrator.store.sql.dial_checks import gate_facts, read_send_facts
from orchestrator.store.sql.dial_counts import Dials, count_from
from orchestrator.store.sql.dial_ledger import (
    Send,
    lock_call,
    mark_accepted,
    mark_answered,
    mark_first_send,
    mark_not_carried_out,
    mark_over,
    mark_repeat,
)
from orchestrator.store.sql.flow_cache import FlowCache
from orchestrator.store.sql.tables import calls
from orchestrator.telnyx.answers import (
    Accepted,
    Ambiguous,
    Answer,
    Busy,
    Gone,
    NotAccepted,
    Refused,
    Rejected,
    Unavailable,
)
from orchestrator.telnyx.client import TelnyxClient

T = TypeVar("T")

log = logging.getLogger(__name__)

_WRITE_AGAIN_AFTER_S = (0.1, 0.5, 1.0, 2.0)  # and then every two seconds
_WRITE_FOR_S = 25.0  # a worker that is asked to end waits no longer for its tasks
TOO_OLD_S = 3.0  # between the transaction and the socket: a frozen process must not thaw and dial (R1)


@dataclass(frozen=True)
class Permit:
    """A send that SQL has permitted, and the limits it is made under."""

    send: Send
    limits: DispatchLimits


class Dialer:
    """Makes the dials; any number of them may run, on the same attempt too."""

    def __init__(
        self,
        *,
        sql: Engine,
        client: redis.Redis,
        carrier: TelnyxClient,
        flows: FlowCache,
        keys: Keys | None = None,
        caps: Caps = DEFAULT_CAPS,
        age_clock: Callable[[], float] = boot_seconds,
    ) -> None:
        self._sql = sql
        self._single_statements = sql.execution_options(isolation_level="AUTOCOMMIT")
        self._redis = client
        self._carrier = carrier
        self._flows = flows
        self._keys = keys or Keys()
        self._caps = caps
        self._age_clock = age_clock
        self._memory_watch = MemoryWatch(client)

    def dial_call(self, call_id: str) -> None:
        """Send what the ledger permits for this attempt; safe to run 0, 1 or n times, at once or later."""
        began = self._age_clock()
        permit = self._open_send(call_id)
        if permit is None:
            return
        stopped = self._last_checks(permit, began)
        if stopped:
            self._take_back(permit.send, stopped)
            return
        answer = self._carrier.dial(permit.send.row["request"], send_before=began + TOO_OLD_S)
        self._settle_answer(permit, answer)

    def _open_send(self, call_id: str) -> Permit | None:
        withdrawn: list[Withdrawn] = []
        with self._sql.begin() as tx:
            if lock_call(tx, call_id) not in ("reserved", "dialing"):
                return None
            row, answer = self._ask_gate(tx, call_id)
            if isinstance(answer, Hold):
                # Whoever changes a campaign lets go of whom it holds, and would miss who is held a moment later.
                if not hold_still(tx, row["campaign_id"]):
                    return None  # published again soon
                row, answer = self._ask_gate(tx, call_id)
            send_no = self._take_send(tx, row, answer, withdrawn)
        free_channels(self._redis, self._keys, withdrawn)  # behind the commit: until then the channel is taken
        return Permit(Send(call_id, send_no, row), dispatch_limits(row["calls_per_second"])) if send_no else None

    def _ask_gate(self, tx: Connection, call_id: str) -> tuple[RowMapping, GateAnswer]:
        """Return the attempt, read behind its lock, and the gate's answer: a pause that committed is seen here (R9)."""
        row = read_send_facts(tx, call_id, self._caps)
        is_current = row["contact_status"] == "calling" and row["current_call_id"] == row["id"]
        facts = gate_facts(row, contact_status_ok=is_current, from_caller_id=_dials_beside(tx, row))
        return row, may_dial(facts, row["db_now"])

    def _take_send(self, tx: Connection, row: RowMapping, answer: GateAnswer, withdrawn: list[Withdrawn]) -> int:
        """Return the number of the send that is permitted; 0 if none is. Adds to `withdrawn` what the gate stops."""
        if row["state"] == "dialing":
            return 2 if self._may_repeat(tx, row, allowed=isinstance(answer, Go)) else 0
        if not isinstance(answer, Go):
            withdrawn += withdraw(tx, calls.c.id == row["id"], way_back_of(answer))
            return 0
        mark_first_send(tx, row["id"])
        return 1

    def _may_repeat(self, tx: Connection, row: RowMapping, *, allowed: bool) -> bool:
        if not allowed or self._was_heard_of(row["id"]):
            return False
        return mark_repeat(tx, row["id"])

    def _was_heard_of(self, call_id: str) -> bool:
        loaded = load_live(self._redis, self._keys, call_id)
        return loaded is not None and (loaded.call.call_control_id is not None or loaded.call.phase != "dialing")

    def _last_checks(self, permit: Permit, began: float) -> Reason | None:
        send, live = permit.send, self._live_call(permit.send.row)
        epoch, mark = send.row["epoch"] or "", f"{send.call_id}/{send.send_no}"
        try:
            if self._memory_watch.is_nearly_full():
                return Reason.REDIS  # the door would refuse its webhooks (R11)
            permission = permit_send(
                self._redis,
                self._keys,
                send.row["connection_id"],
                epoch=epoch,
                live=live,
                limits=permit.limits,
                send=mark,
            )
        except redis.RedisError as err:
            log.warning("not dialed: %s", in_words(err), extra={"call_id": send.call_id})
            return Reason.REDIS
        if permission != Permission.PERMITTED:
            return Reason.RATE if permission == Permission.REFUSED else Reason.REDIS
        return Reason.SEND_TOO_OLD if self._age_clock() - began > TOO_OLD_S else None

    def _live_call(self, row: RowMapping) -> LiveCall:
        contact = {name: row[name] for name in ("phone", "external_id", "timezone")}
        return new_live_call(
            self._flows.find(row["flow_id"]),
            call_id=row["id"],
            flow_id=row["flow_id"],
            campaign_id=row["campaign_id"],
            contact_id=row["contact_id"],
            to=row["to_number"],
            caller_id=row["from_number"],
            contact={**row["variables"], **contact},
            dialed_at=row["db_now"],
        )

    def _settle_answer(self, permit: Permit, answer: Answer) -> None:
        send, told = permit.send, None
        log.info("dial answered: %s", type(answer).__name__, extra={"call_id": send.call_id, "send_no": send.send_no})
        match answer:
            case Accepted():
                told = self._accept(send, answer)
            case Rejected():
                told = self._reject(send, answer)
            case Refused():
                self._take_no(send, Reason.CARRIER_REFUSED, final=_end_of_single_call(send.row))
                _until_written(lambda: refuse_campaigns(self._sql, self._redis, self._keys, send.row, answer))
            case Busy():
                self._take_no(send, Reason.CARRIER_BUSY)
            case Unavailable():
                self._take_back(send, Reason.CARRIER_UNAVAILABLE)
            case Ambiguous() | Gone():
                # It may be ringing: the sweeper repeats it once, then the reconciler looks (R2).
                log.warning("dial unanswered: %s", answer.title, extra={"call_id": send.call_id})
                _until_written(lambda: self._write_over(send))
            case _:
                assert_never(answer)
        self._report(permit, answer, told)

    def _accept(self, send: Send, answer: Accepted) -> Event:
        ids = {
            "call_control_id": answer.call_control_id,
            "call_leg_id": answer.call_leg_id,
            "call_session_id": answer.call_session_id,
        }
        _until_written(lambda: self._write_accepted(send, ids))
        return _event(send, DIAL_ACCEPTED, dict(ids))

    def _write_accepted(self, send: Send, ids: dict[str, str | None]) -> None:
        with self._single_statements.connect() as tx:
            mark_accepted(tx, send.call_id, ids=ids)

    def _reject(self, send: Send, answer: NotAccepted) -> Event | None:
        is_final = _until_written(lambda: self._write_rejected(send))
        return _event(send, DIAL_REJECTED, answer.as_error()) if is_final else None

    def _write_rejected(self, send: Send) -> bool:
        with self._sql.begin() as tx:
            return mark_answered(tx, send)

    def _take_no(self, send: Send, reason: Reason, *, final: ContactStatus | None = None) -> None:
        """Take the attempt back, unless webhooks have come for it: then it rings, whatever was answered (R3)."""
        if self._is_surely_heard_of(send.call_id):
            log.error("a dial was refused, but webhooks came for it", extra={"call_id": send.call_id})
            return  # the sweeper finds it accepted
        self._take_back(send, reason, final=final)

    def _is_surely_heard_of(self, call_id: str) -> bool:
        try:
            return self._was_heard_of(call_id)
        except redis.RedisError:
            return False  # a "no" must not be lost to an outage

    def _take_back(self, send: Send, reason: Reason, *, final: ContactStatus | None = None) -> None:
        """Note that this send dialed nobody; withdraw the attempt unless another send of it may have (R3)."""
        withdrawn = _until_written(lambda: self._write_taken_back(send, ReleaseReason(reason, final=final, held=False)))
        free_channels(self._redis, self._keys, withdrawn)

    def _write_taken_back(self, send: Send, way: ReleaseReason) -> list[Withdrawn]:
        with self._sql.begin() as tx:
            mark_not_carried_out(tx, send)
            return withdraw(tx, (calls.c.id == send.call_id) & (calls.c.state == "dialing"), way)

    def _write_over(self, send: Send) -> None:
        with self._single_statements.connect() as tx:
            mark_over(tx, send)

    def _report(self, permit: Permit, answer: Answer, told: Event | None) -> None:
        row = permit.send.row
        bad = isinstance(answer, Busy | Unavailable | Ambiguous)
        reason = answer.title if isinstance(answer, NotAccepted) else ""
        rate = permit.limits.pace_per_s
        connection_id = row["connection_id"]
        if report_answer(self._redis, self._keys, connection_id, good=not bad, rate=rate, reason=reason, event=told):
            log.error("dispatch closed: the carrier failed %s times in a row", reason)


def _dials_beside(tx: Connection, row: RowMapping) -> Dials:
    """Return what else was dialed from this caller id; of two sends at once each sees the other's reservation."""
    cap, caller_id = row["caller_id_day_limit"], row["from_number"]
    return count_from(tx, [caller_id], cap=cap, besides=row["id"])[caller_id] if cap is not None else Dials()


def _until_written(write: Callable[[], T]) -> T:
    """Write an answer through a restart of PostgreSQL: a "no" that is lost would cost the contact its attempt.

    Whether a commit whose answer was lost has been made is not known, so whatever is written sets and never adds.
    """
    pause, pauses, deadline = threading.Event(), iter(_WRITE_AGAIN_AFTER_S), time.monotonic() + _WRITE_FOR_S
    while True:
        try:
            return write()
        except SQLAlchemyError as err:
            if not is_outage(err) or time.monotonic() > deadline:
                raise
            log.warning("the answer is not written yet: %s", str(err).partition("\n")[0])
        pause.wait(next(pauses, _WRITE_AGAIN_AFTER_S[-1]))


def way_back_of(answer: Hold | Never | Go) -> ReleaseReason:
    """Return what becomes of a contact whose send the gate has stopped."""
    match answer:
        case Hold(Reason.CAMPAIGN_PAUSED | Reason.DIALING_STOPPED as reason, _):
            return ReleaseReason(reason, counts=False, held=False)
        case Hold(reason, until):
            return ReleaseReason(reason, until, counts=False)
        case Never(reason, status):
            return ReleaseReason(reason, final=status, counts=False)
        case Go():
            raise AssertionError("the gate has let it pass")


def _event(send: Send, what: str, payload: dict[str, str | None]) -> Event:
    return Event(
        id=f"{what}:{send.call_id}:{send.send_no}",
        type=what,
        occurred_at=send.row["db_now"],
        call_id=send.call_id,
        call_control_id=payload.get("call_control_id"),
        payload=payload,
    )


def _end_of_single_call(facts: RowMapping) -> ContactStatus | None:
    """Return how a refused single call ends: it has no campaign that could be paused and resumed."""
    return ContactStatus.EXHAUSTED if facts["kind"] == "direct" else None
