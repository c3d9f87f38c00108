"""Permits sends of attempts: by the gate and the ledger in SQL, then by the rate limit in Redis."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import redis
from sqlalchemy import Connection, Engine, RowMapping

from orchestrator.counts import observe
from orchestrator.flow import new_live_call
from orchestrator.model.attempt_state import AttemptState
from orchestrator.model.contact_status import ContactStatus
from orchestrator.model.live_call import LiveCall
from orchestrator.model.metric import Metric
from orchestrator.operations.dialing.pool_choices import closed_at_send
from orchestrator.operations.dialing.release_attempts import (
    ReleasedAttempt,
    ReleaseReason,
    free_channels,
    release_attempts,
)
from orchestrator.policy.caller_id import ClosedCallerIds
from orchestrator.policy.caps import Caps
from orchestrator.policy.dial_gate import GateAnswer, Go, Hold, Never, may_dial
from orchestrator.policy.hold_reasons import Reason
from orchestrator.policy.law.setting import setting_of
from orchestrator.policy.pacing import DispatchLimits, dispatch_limits
from orchestrator.policy.variables import with_shared
from orchestrator.store.outage import in_words
from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.live_calls import carrier_knows
from orchestrator.store.redis.memory_guard import MemoryWatch
from orchestrator.store.redis.rate_limiter import AskedSend, Permission, permit_sends
from orchestrator.store.sql.call_filters import of_call
from orchestrator.store.sql.contact_transitions import lock_dialing_rules
from orchestrator.store.sql.dial_checks import gate_facts, read_send_facts, values_of
from orchestrator.store.sql.dial_counts import CallerIdCap, Dials, count_from
from orchestrator.store.sql.dial_ledger import Send, lock_call, lock_reserved, mark_first_sends, mark_repeat
from orchestrator.store.sql.flow_cache import FlowCache

log = logging.getLogger(__name__)

_REFUSALS = {
    Permission.PERMITTED: None,
    Permission.REFUSED: Reason.RATE,
    Permission.CLOSED: Reason.CARRIER_UNAVAILABLE,
    Permission.STALE: Reason.REDIS,
}
TOO_OLD_S = 3.0  # between the transaction and the socket: a frozen process must not thaw and dial (R1)


@dataclass(frozen=True)
class Permit:
    """A send that SQL has permitted, and the limits it is made under."""

    send: Send
    limits: DispatchLimits


class DialPermits:
    """Permits sends; any number of processes may ask, about the same attempt too."""

    def __init__(
        self,
        *,
        sql: Engine,
        client: redis.Redis,
        flows: FlowCache,
        keys: Keys,
        caps: Caps,
        age_clock: Callable[[], float],
    ) -> None:
        self._sql = sql
        self._redis = client
        self._flows = flows
        self._keys = keys
        self._caps = caps
        self._age_clock = age_clock
        self._memory_watch = MemoryWatch(client)

    def permit_first_sends(self, call_ids: Sequence[str]) -> list[Permit]:
        """Move to their first send, in one transaction, the attempts that are free and that the gate lets go (R1).

        The others are left as they are, to be asked for one by one: who is withdrawn may leave its place under a cap to
        the next, and is locked with its contact, which nobody should do who holds many attempts.
        """
        began = time.monotonic()
        with self._sql.begin() as tx:
            asked = self._ask_gate(tx, lock_reserved(tx, call_ids))
            going = [row for row, answer in asked if isinstance(answer, Go)]
            if going:
                mark_first_sends(tx, [row["id"] for row in going])
        observe(Metric.DIAL_PERMIT_S, time.monotonic() - began)
        return [_permit(row, 1) for row in going]

    def permit_dial(self, call_id: str) -> Permit | None:
        """Move the attempt to its next send in one transaction (R1, R2); None if nothing may be sent now."""
        released: list[ReleasedAttempt] = []
        with self._sql.begin() as tx:
            if lock_call(tx, call_id) not in (AttemptState.RESERVED, AttemptState.DIALING):
                return None
            [(row, answer)] = self._ask_gate(tx, [call_id])
            if isinstance(answer, Hold):
                # A change of the campaign releases the contacts it holds, and would miss one held a moment later.
                if not lock_dialing_rules(tx, row["campaign_id"]):
                    return None  # published again soon
                [(row, answer)] = self._ask_gate(tx, [call_id])
            send_no = self._take_send(tx, row, answer, released)
        free_channels(self._redis, self._keys, released)  # behind the commit: until then the channel is taken
        return _permit(row, send_no) if send_no else None

    def refuse_late(self, permits: Sequence[Permit], *, began: float) -> list[Reason | None]:
        """Return why each permitted send must not leave now; None when Redis permits it too and it is young enough.

        `began` is the time of `age_clock` before the transaction, in seconds. Creates the live state of the calls.
        """
        if not permits:
            return []
        asked = [self._asked_send(permit) for permit in permits]
        try:
            if self._memory_watch.is_nearly_full():
                return [Reason.REDIS] * len(asked)  # their webhooks would be refused (R11)
            permissions = permit_sends(self._redis, self._keys, asked)
        except redis.RedisError as err:
            log.warning("%s not dialed: %s", len(asked), in_words(err))
            return [Reason.REDIS] * len(asked)
        is_too_old = self._age_clock() - began > TOO_OLD_S
        late = Reason.SEND_TOO_OLD if is_too_old else None
        return [_refusal(permission) or late for permission in permissions]

    def _ask_gate(self, tx: Connection, call_ids: Sequence[str]) -> list[tuple[RowMapping, GateAnswer]]:
        """Return attempts, read behind their locks, and the gate's answers: it sees a pause that committed (R9)."""
        if not call_ids:
            return []
        rows = read_send_facts(tx, call_ids, self._caps)
        others, closed = _other_dials(tx, rows), closed_at_send(tx, rows)
        return [(row, self._may_dial(row, others.get(row["id"], Dials()), closed.get(row["id"]))) for row in rows]

    def _may_dial(self, row: RowMapping, from_caller_id: Dials, closed: ClosedCallerIds | None) -> GateAnswer:
        facts = gate_facts(
            row,
            contact_status_ok=row["contact_status"] == ContactStatus.CALLING and row["current_call_id"] == row["id"],
            from_caller_id=from_caller_id,
            closed_caller_ids=closed,
            flow_voice=self._flows.voice(row["flow_id"]),
        )
        return may_dial(facts, row["db_now"])

    def _take_send(self, tx: Connection, row: RowMapping, answer: GateAnswer, released: list[ReleasedAttempt]) -> int:
        """Return the number of the send that is permitted; 0 if none is. Adds to `released` what the gate stops."""
        if row["state"] == AttemptState.DIALING:
            return 2 if self._may_repeat(tx, row, allowed=isinstance(answer, Go)) else 0
        if not isinstance(answer, Go):
            released += release_attempts(tx, of_call(row["id"]), _release_reason(answer))
            return 0
        mark_first_sends(tx, [row["id"]])
        return 1

    def _may_repeat(self, tx: Connection, row: RowMapping, *, allowed: bool) -> bool:
        if not allowed or carrier_knows(self._redis, self._keys, row["id"]):
            return False
        return mark_repeat(tx, row["id"])

    def _asked_send(self, permit: Permit) -> AskedSend:
        send = permit.send
        return AskedSend(
            name=f"{send.call_id}/{send.send_no}",
            connection_id=send.row["connection_id"],
            epoch=send.row["epoch"] or "",
            live=self._live_call(send.row),
            limits=permit.limits,
            is_repeat=send.send_no > 1,
        )

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
            contact={**with_shared(row["variables"], values_of(row["shared_variables"])), **contact},
            region=row["region"],
            packs=setting_of(row["law"]).more_packs,
            dialed_at=row["db_now"],
        )


def _permit(row: RowMapping, send_no: int) -> Permit:
    return Permit(Send(row["id"], send_no, row), dispatch_limits(row["calls_per_second"]))


def _refusal(permission: Permission | redis.ResponseError) -> Reason | None:
    """Return why Redis does not permit a send."""
    if isinstance(permission, redis.ResponseError):
        log.warning("not dialed: %s", in_words(permission))
        return Reason.REDIS
    return _REFUSALS[permission]


def _other_dials(tx: Connection, rows: Sequence[RowMapping]) -> dict[str, Dials]:
    """Return, by call id, what else was dialed from its caller id, where this is capped.

    Of two sends at once, in one transaction or in two, each sees the other's reservation.
    """
    capped = [row for row in rows if row["caller_id_day_limit"] is not None and row["caller_id_pool"] is None]
    caps = [CallerIdCap(row["from_number"], row["caller_id_day_limit"], besides=row["id"]) for row in capped]
    return {row["id"]: dials for row, dials in zip(capped, count_from(tx, caps), strict=True)}


def _release_reason(answer: Hold | Never | Go) -> ReleaseReason:
    """Return what becomes of a contact whose send the gate has stopped."""
    match answer:
        case Hold(Reason.CAMPAIGN_PAUSED | Reason.DIALING_STOPPED as reason, _):
            return ReleaseReason(reason, counts=False, held=False)
        case Hold(reason, until):
            return ReleaseReason(reason, until, counts=False)
        case Never(reason, status):
            return ReleaseReason(reason, final=status, counts=False)
        case Go():
            raise AssertionError("the gate has permitted the send")
