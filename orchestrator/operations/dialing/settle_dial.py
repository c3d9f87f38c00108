"""Settles one send by the carrier's answer: accepted, rejected, released to be dialed again, or left unanswered."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias, TypeVar, assert_never

import redis
from sqlalchemy import Engine, RowMapping
from sqlalchemy.exc import SQLAlchemyError

from orchestrator.model.contact_status import ContactStatus
from orchestrator.model.event import DIAL_ACCEPTED, DIAL_REJECTED, Event
from orchestrator.operations.dialing.pause_refused_campaigns import pause_refused_campaigns
from orchestrator.operations.dialing.permit_dial import Permit
from orchestrator.operations.dialing.release_attempts import (
    ReleasedAttempt,
    ReleaseReason,
    free_channels,
    release_attempts,
)
from orchestrator.policy.hold_reasons import Reason
from orchestrator.store.outage import is_outage
from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.live_calls import carrier_knows
from orchestrator.store.redis.rate_limiter import AnswerReport, report_answers
from orchestrator.store.sql.call_filters import dialing_call
from orchestrator.store.sql.dial_ledger import Send, mark_all_accepted, mark_answered, mark_not_carried_out, mark_over
from orchestrator.store.sql.engine import statement_by_statement
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

T = TypeVar("T")
No: TypeAlias = Rejected | Refused | Gone | Busy | Unavailable | Ambiguous
"""Every answer but Accepted."""

log = logging.getLogger(__name__)

_WRITE_AGAIN_AFTER_S = (0.1, 0.5, 1.0, 2.0)  # and then every two seconds
_WRITE_FOR_S = 25.0  # a worker that is asked to end waits no longer for its tasks


class DialSettler:
    """Settles sends; each answer moves its attempt only while the send it belongs to is the attempt's own (R3)."""

    def __init__(self, *, sql: Engine, client: redis.Redis, keys: Keys) -> None:
        self._sql = sql
        self._single_statements = statement_by_statement(sql)
        self._redis = client
        self._keys = keys

    def settle_accepted(self, accepted: Sequence[tuple[Permit, Accepted]]) -> None:
        """Write what was accepted to the ledger in one statement, then report it all in one trip, as `settle_no`."""
        ids_of = {permit.send.call_id: _leg_ids(answer) for permit, answer in accepted}
        _until_written(lambda: self._write_accepted(ids_of))
        self._report([_report(permit, answer, _accepted_event(permit.send, answer)) for permit, answer in accepted])

    def settle_no(self, permit: Permit, answer: No) -> None:
        """Write the answer to the ledger, then report it to the rate limit and, as an event, to the call."""
        event = self._write(permit.send, answer)
        self._report([_report(permit, answer, event)])

    def release(self, send: Send, reason: Reason, *, final: ContactStatus | None = None) -> None:
        """Note that this send dialed nobody; release the attempt unless another send of it may have dialed (R3)."""
        release = ReleaseReason(reason, final=final, held=False)
        free_channels(self._redis, self._keys, _until_written(lambda: self._write_released(send, release)))

    def _write(self, send: Send, answer: No) -> Event | None:
        """Write what the answer makes of the attempt; return the event for its call, if there is one."""
        match answer:
            case Rejected():
                return self._reject(send, answer)
            case Refused():
                self._release_unless_known(send, Reason.CARRIER_REFUSED, final=_end_of_single_call(send.row))
                _until_written(lambda: pause_refused_campaigns(self._sql, self._redis, self._keys, send.row, answer))
            case Busy():
                self._release_unless_known(send, Reason.CARRIER_BUSY)
            case Unavailable():
                self.release(send, Reason.CARRIER_UNAVAILABLE)
            case Ambiguous() | Gone():
                # It may be ringing: the sweeper repeats it once, then the reconciler looks (R2).
                log.warning("dial unanswered: %s", answer.title, extra={"call_id": send.call_id})
                _until_written(lambda: self._write_over(send))
            case _:
                assert_never(answer)
        return None

    def _write_accepted(self, ids_of: Mapping[str, Mapping[str, str | None]]) -> None:
        with self._single_statements.connect() as tx:
            mark_all_accepted(tx, ids_of)

    def _reject(self, send: Send, answer: NotAccepted) -> Event | None:
        is_final = _until_written(lambda: self._write_rejected(send))
        return _event(send, DIAL_REJECTED, answer.as_error()) if is_final else None

    def _write_rejected(self, send: Send) -> bool:
        with self._sql.begin() as tx:
            return mark_answered(tx, send)

    def _release_unless_known(self, send: Send, reason: Reason, *, final: ContactStatus | None = None) -> None:
        """Release the attempt, unless webhooks have come for it: then it rings, whatever was answered (R3)."""
        if self._is_surely_known(send.call_id):
            log.error("a dial was refused, but webhooks came for it", extra={"call_id": send.call_id})
            return  # the sweeper finds it accepted
        self.release(send, reason, final=final)

    def _is_surely_known(self, call_id: str) -> bool:
        try:
            return carrier_knows(self._redis, self._keys, call_id)
        except redis.RedisError:
            return False  # a "no" must not be lost to an outage

    def _write_released(self, send: Send, release: ReleaseReason) -> list[ReleasedAttempt]:
        with self._sql.begin() as tx:
            mark_not_carried_out(tx, send)
            return release_attempts(tx, dialing_call(send.call_id), release)

    def _write_over(self, send: Send) -> None:
        with self._single_statements.connect() as tx:
            mark_over(tx, send)

    def _report(self, reports: Sequence[AnswerReport]) -> None:
        if report_answers(self._redis, self._keys, reports):
            log.error("dispatch closed: the carrier failed %s times in a row", reports[-1].reason)


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


def _leg_ids(answer: Accepted) -> dict[str, str | None]:
    return {
        "call_control_id": answer.call_control_id,
        "call_leg_id": answer.call_leg_id,
        "call_session_id": answer.call_session_id,
    }


def _report(permit: Permit, answer: Answer, event: Event | None) -> AnswerReport:
    return AnswerReport(
        permit.send.row["connection_id"],
        good=not isinstance(answer, Busy | Unavailable | Ambiguous),
        rate=permit.limits.pace_per_s,
        reason=answer.title if isinstance(answer, NotAccepted) else "",
        event=event,
    )


def _accepted_event(send: Send, answer: Accepted) -> Event:
    return _event(send, DIAL_ACCEPTED, _leg_ids(answer))


def _event(send: Send, kind: str, payload: dict[str, str | None]) -> Event:
    return Event(
        id=f"{kind}:{send.call_id}:{send.send_no}",
        type=kind,
        occurred_at=send.row["db_now"],
        call_id=send.call_id,
        call_control_id=payload.get("call_control_id"),
        payload=payload,
    )


def _end_of_single_call(facts: RowMapping) -> ContactStatus | None:
    """Return how a refused single call ends: it has no campaign that could be paused and resumed."""
    return ContactStatus.EXHAUSTED if facts["kind"] == "direct" else None
