"""Claims due contacts: each gets a row in the ledger, a place in the rate and a channel, or a stated reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any, Self

import redis
from sqlalchemy import Connection, Engine, RowMapping

from orchestrator.bounds import CALL_ESTIMATE
from orchestrator.ids import new_id
from orchestrator.model.contact_status import ContactStatus
from orchestrator.operations.dialing.check_gate import ask_gate
from orchestrator.operations.dialing.dial_request import dial_command_id, dial_request
from orchestrator.policy.caps import DEFAULT_CAPS, Caps
from orchestrator.policy.dial_gate import Go, Hold, Never
from orchestrator.policy.guards.budget import Spend
from orchestrator.policy.hold_reasons import Reason
from orchestrator.store.outage import is_outage
from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.rate_limiter import RateLimit, reserve, return_reservation
from orchestrator.store.sql.budgets import calls_left
from orchestrator.store.sql.contact_transitions import (
    Move,
    lock_candidates,
    lock_dialing_rules,
    lock_if_due,
    lock_release_facts,
    move_contacts,
)
from orchestrator.store.sql.dial_checks import read_facts
from orchestrator.store.sql.dial_ledger import DEADLINE_SLACK_S, insert_reserved
from orchestrator.store.sql.flow_cache import FlowCache
from orchestrator.traces import add_span

IN_USE_FOR = timedelta(seconds=30)
_NOT_THE_CONTACTS = (Reason.CAMPAIGN_PAUSED, Reason.DIALING_STOPPED, Reason.CAMPAIGN_NOT_STARTED)


@dataclass(frozen=True)
class RateLimits:
    """The limits a claim is made under: the connection's and, inside them, the campaign's own."""

    connection: RateLimit
    campaign: RateLimit


@dataclass(frozen=True)
class Claim:
    """What came of a claim: the attempts made, how many contacts were looked at, and what the gate said of the rest."""

    call_ids: tuple[str, ...]
    looked_at: int
    refusals: Mapping[str, Hold | Never]


class ClaimFailed(Exception):
    """Raised when contacts cannot be claimed, though no store is away; none of them is claimed."""

    def __init__(self, contact_ids: Sequence[str]) -> None:
        super().__init__(f"{len(contact_ids)} contacts cannot be claimed")
        self.contact_ids = tuple(contact_ids)


class Claimer:
    """Claims contacts of one connection; any number of them may run."""

    def __init__(
        self,
        *,
        sql: Engine,
        client: redis.Redis,
        flows: FlowCache,
        webhook_url: str | None,
        keys: Keys,
        caps: Caps = DEFAULT_CAPS,
        call_estimate: Decimal = CALL_ESTIMATE,
    ) -> None:
        self._sql = sql
        self._redis = client
        self._flows = flows
        self._webhook_url = webhook_url
        self._keys = keys
        self.caps = caps
        self._call_estimate = call_estimate

    def claim_contacts(self, campaign_id: str, rate_limits: RateLimits, *, zones: Sequence[str], most: int) -> Claim:
        """Claim up to `most` due contacts whose zone is open, in one SQL transaction; return their new attempts.

        Raises ClaimFailed for a fault that is of these contacts, or of one of them.
        """
        with Reservation(self._redis, self._keys, rate_limits) as reservation, self._sql.begin() as tx:
            locked = lock_candidates(tx, campaign_id, zones=zones, most=most)
            if not locked or not lock_dialing_rules(tx, campaign_id):
                return Claim((), 0, {})
            try:
                return self.claim_locked(tx, locked, reservation)
            except Exception as err:
                if is_outage(err) or isinstance(err, redis.RedisError):
                    raise
                raise ClaimFailed(locked) from err

    def hold_failed(self, contact_id: str, *, wait: timedelta) -> None:
        """Hold a contact that cannot be claimed: it would be the first of its campaign again and again."""
        with self._sql.begin() as tx:
            if lock_if_due(tx, contact_id):
                facts = lock_release_facts(tx, [contact_id])[contact_id]
                reason, due_at = Reason.CLAIM_FAILED.value, facts.now + wait
                move_contacts(tx, [Move(contact_id, facts.status, ContactStatus.HELD, reason, due_at)])

    def claim_locked(self, tx: Connection, contact_ids: Sequence[str], reservation: Reservation) -> Claim:
        """Claim contacts that the caller's transaction has locked; candidates first, then the reservation (R10)."""
        if not contact_ids:
            return Claim((), 0, {})
        rows = read_facts(tx, contact_ids, self.caps)
        asked = ask_gate(tx, rows, contact_ids, flows=self._flows)
        refusals = {cid: answer for cid, answer in asked.answers.items() if not isinstance(answer, Go)}
        going = [rows[cid] for cid in contact_ids if cid not in refusals]
        attempts = self._reserve(self._affordable(tx, going), asked.caller_ids, reservation)
        won = insert_reserved(tx, attempts)
        reservation.used = won
        moves = [_refused(rows[cid], refusal) for cid, refusal in refusals.items() if not _passes_by_itself(refusal)]
        moves += [_claimed(row, row["id"] in won, rows[row["contact_id"]]) for row in attempts]
        move_contacts(tx, moves)
        claimed = tuple(row["id"] for row in attempts if row["id"] in won)
        for call_id in claimed:
            add_span(call_id, "claim")
        return Claim(claimed, len(rows), refusals)

    def _affordable(self, tx: Connection, going: list[RowMapping]) -> list[RowMapping]:
        """Return the first of them whose estimates fit into what their campaign may still spend; without a budget all.

        Nobody else claims for this campaign then until the transaction ends.
        """
        if not going or going[0]["spend"] is None:
            return going
        budget = Spend.model_validate_json(going[0]["spend"])
        return going[: calls_left(tx, going[0]["campaign_id"], budget, estimate=self._call_estimate)]

    def _reserve(
        self, going: Sequence[RowMapping], caller_ids: Mapping[str, str], reservation: Reservation
    ) -> list[dict[str, Any]]:
        attempts = [self._attempt(row, caller_ids[row["contact_id"]]) for row in going]
        if not attempts:
            return []
        longest_s = max(row["ring_limit_s"] + row["talk_limit_s"] for row in attempts) + DEADLINE_SLACK_S
        return attempts[: reservation.take([row["id"] for row in attempts], lease_s=longest_s)]

    def _attempt(self, facts: RowMapping, caller_id: str) -> dict[str, Any]:
        call_id = new_id("call")
        request = dial_request(
            self._flows.find(facts["flow_id"]),
            call_id=call_id,
            to=facts["phone"],
            caller_id=caller_id,
            connection_id=facts["connection_id"],
            webhook_url=self._webhook_url,
        )
        return {
            "id": call_id,
            "campaign_id": facts["campaign_id"],
            "contact_id": facts["contact_id"],
            "connection_id": facts["connection_id"],
            "flow_id": facts["flow_id"],
            "to_number": facts["phone"],
            "from_number": caller_id,
            "attempt": facts["attempts"] + 1,
            "command_id": dial_command_id(call_id),
            "request": request,
            "ring_limit_s": request["timeout_secs"],
            "talk_limit_s": request["time_limit_secs"],
            "published_at": facts["db_now"],
            "spent": str(self._call_estimate) if facts["spend"] is not None else None,
        }


class Reservation:
    """What one claim was granted; at its end, whatever happened, the part that was not used is returned."""

    def __init__(self, client: redis.Redis, keys: Keys, rate_limits: RateLimits) -> None:
        self._redis, self._keys, self._rate_limits = client, keys, rate_limits
        self._granted: list[str] = []
        self.used: set[str] = set()

    def take(self, call_ids: Sequence[str], *, lease_s: int) -> int:
        """Return how many of `call_ids`, from the first, have a place in the rate and a channel."""
        rate_limits = self._rate_limits
        count = reserve(
            self._redis, self._keys, rate_limits.connection, rate_limits.campaign, call_ids=call_ids, lease_s=lease_s
        )
        self._granted = list(call_ids[:count])
        return count

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: type[BaseException] | None, failure: BaseException | None, _trace: object) -> None:
        if failure and is_outage(failure):
            return  # the commit may have been made: the sweeper frees the channels of rows that are not there
        unused = [cid for cid in self._granted if failure or cid not in self.used]
        rate_limits = self._rate_limits
        return_reservation(
            self._redis, self._keys, rate_limits.connection, rate_limits.campaign, call_ids=unused, rate_too=True
        )


def _passes_by_itself(refusal: Hold | Never | Go) -> bool:
    """Say whether a refusal is of the campaign or of all dialing: its end releases the contact, which just waits."""
    return isinstance(refusal, Hold) and refusal.reason in _NOT_THE_CONTACTS


def _refused(facts: RowMapping, refusal: Hold | Never | Go) -> Move:
    match refusal:
        case Never(reason, status):
            return _move(facts, status or ContactStatus.EXHAUSTED, reason=reason)
        case Hold(reason, until):
            return _move(facts, ContactStatus.HELD, reason=reason, due_at=until)
        case Go():
            raise AssertionError("a contact that may be dialed was not refused")


def _claimed(attempt: Mapping[str, Any], won: bool, facts: RowMapping) -> Move:
    if won:
        return _move(facts, ContactStatus.CALLING, current_call_id=attempt["id"])
    return _move(facts, ContactStatus.HELD, reason=Reason.NUMBER_IN_USE, due_at=facts["db_now"] + IN_USE_FOR)


def _move(facts: RowMapping, status: ContactStatus, *, reason: Reason | None = None, **changes: Any) -> Move:
    source = ContactStatus(facts["contact_status"])
    return Move(facts["contact_id"], source, status, reason and reason.value, **changes)
