"""Dials attempts in three steps: permit their sends, send each once, settle what the carrier answered."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, ThreadPoolExecutor, wait
from functools import partial
from typing import TypeAlias

import redis
from sqlalchemy import Engine

from orchestrator.clock import boot_seconds, unix_ms
from orchestrator.operations.dialing.dial_request import with_webhook_retries
from orchestrator.operations.dialing.permit_dial import TOO_OLD_S, DialPermits, Permit
from orchestrator.operations.dialing.settle_dial import DialSettler
from orchestrator.policy.caps import DEFAULT_CAPS, Caps
from orchestrator.policy.hold_reasons import Reason
from orchestrator.policy.pacing import LAW_PERMITS_FOR_S
from orchestrator.store.outage import is_outage
from orchestrator.store.redis.keys import Keys
from orchestrator.store.sql.flow_cache import FlowCache
from orchestrator.telnyx.answers import Accepted, Answer
from orchestrator.telnyx.client import TelnyxClient
from orchestrator.traces import add_span

log = logging.getLogger(__name__)

SENDS_AT_ONCE = 64
_GATHER_S = 0.01  # how long the first answer waits for others, which are then written with it

_Sent: TypeAlias = tuple[Permit, Answer]
_Step: TypeAlias = Callable[[], _Sent | None]


class Dialer:
    """Makes the dials; any number of them may run, on the same attempt too.

    `executor` runs the sends of a batch beside each other; left out, a Dialer has threads of its own.
    """

    def __init__(
        self,
        *,
        sql: Engine,
        client: redis.Redis,
        carrier: TelnyxClient,
        flows: FlowCache,
        keys: Keys,
        caps: Caps = DEFAULT_CAPS,
        age_clock: Callable[[], float] = boot_seconds,
        executor: Executor | None = None,
    ) -> None:
        self._carrier = carrier
        self._age_clock = age_clock
        self._executor = executor or ThreadPoolExecutor(SENDS_AT_ONCE, thread_name_prefix="dial")
        self._permits = DialPermits(sql=sql, client=client, flows=flows, keys=keys, caps=caps, age_clock=age_clock)
        self._settler = DialSettler(sql=sql, client=client, keys=keys)

    def dial_call(self, call_id: str) -> int:
        """Dial one attempt, as `dial_calls` does."""
        return self.dial_calls([call_id])

    def dial_calls(self, call_ids: Sequence[str]) -> int:
        """Send what the ledger permits for these attempts; safe to run 0, 1 or n times, at once or later.

        Returns how many were sent, once each of them is settled. What fails for one attempt is raised behind the
        others, and keeps them from nothing; an outage of PostgreSQL that keeps all from being permitted, at once.
        """
        began = self._age_clock()
        permits = self._permit_together(call_ids)
        alone = [call_id for call_id in dict.fromkeys(call_ids) if call_id not in _ids(permits)]
        steps = self._send_steps(permits, began)
        return self._run([*steps, *(partial(self._dial_alone, call_id) for call_id in alone)])

    def _permit_together(self, call_ids: Sequence[str]) -> list[Permit]:
        try:
            return self._permits.permit_first_sends(call_ids)
        except Exception as err:
            if is_outage(err):
                raise
            log.warning("%s attempts are dialed one by one: %s", len(call_ids), type(err).__name__)
            return []

    def _send_steps(self, permits: Sequence[Permit], began: float) -> list[_Step]:
        """Ask Redis for all of them in one trip; a call whose live state cannot be made stops no other."""
        asked_at = self._age_clock()
        try:
            stopped = self._permits.refuse_late(permits, began=began)
        except Exception as err:  # noqa: BLE001 whose fault it is shows when each is asked alone
            log.warning("%s attempts are sent one by one: %s", len(permits), type(err).__name__)
            return [partial(self._ask_and_send, permit, began) for permit in permits]
        return [partial(self._send, permit, why, began, asked_at) for permit, why in zip(permits, stopped, strict=True)]

    def _dial_alone(self, call_id: str) -> _Sent | None:
        began = self._age_clock()
        permit = self._permits.permit_dial(call_id)
        return self._ask_and_send(permit, began) if permit else None

    def _ask_and_send(self, permit: Permit, began: float) -> _Sent | None:
        asked_at = self._age_clock()
        [stopped] = self._permits.refuse_late([permit], began=began)
        return self._send(permit, stopped, began, asked_at)

    def _send(self, permit: Permit, stopped: Reason | None, began: float, asked_at: float) -> _Sent | None:
        """Send it once and settle it, unless it was accepted: those are settled together."""
        send = permit.send
        if not stopped and self._age_clock() - asked_at > LAW_PERMITS_FOR_S:
            # The law counts sends when they are asked for, the carrier when they arrive: a late one counts from now.
            [stopped] = self._permits.refuse_late([permit], began=began)
        if stopped:
            self._settler.release(send, stopped)
            return None
        began_ms = unix_ms()
        answer = self._carrier.dial(with_webhook_retries(send.row["request"]), send_before=began + TOO_OLD_S)
        add_span(send.call_id, "dial", began_ms=began_ms, answer=type(answer).__name__, send_no=send.send_no)
        log.info("dial answered: %s", type(answer).__name__, extra={"call_id": send.call_id, "send_no": send.send_no})
        if not isinstance(answer, Accepted):
            self._settler.settle_no(permit, answer)
        return permit, answer

    def _run(self, steps: Sequence[_Step]) -> int:
        """Run the steps beside each other and settle what was accepted, as it comes; return how many were sent."""
        if len(steps) == 1:
            return self._settle([steps[0]()])  # a thread of its own would cost more than the rest
        sent, failures, running = 0, list[BaseException](), {self._executor.submit(step) for step in steps}
        while running:
            wait(running, return_when=FIRST_COMPLETED)
            done, running = wait(running, timeout=_GATHER_S)
            failures += [err for each in done if (err := each.exception())]
            try:
                sent += self._settle([each.result() for each in done if not each.exception()])
            except Exception as err:  # noqa: BLE001 raised behind the others
                failures.append(err)
        if failures:
            raise BaseExceptionGroup("some attempts could not be dialed or settled", failures)
        return sent

    def _settle(self, found: Sequence[_Sent | None]) -> int:
        sent = [each for each in found if each]
        accepted = [(permit, answer) for permit, answer in sent if isinstance(answer, Accepted)]
        if accepted:
            self._settle_accepted(accepted)
        return len(sent)

    def _settle_accepted(self, accepted: Sequence[tuple[Permit, Accepted]]) -> None:
        try:
            self._settler.settle_accepted(accepted)
        except Exception as err:
            if len(accepted) == 1 or is_outage(err):
                raise
            self._run([partial(self._settler.settle_accepted, [each]) for each in accepted])


def _ids(permits: Sequence[Permit]) -> set[str]:
    return {permit.send.call_id for permit in permits}
