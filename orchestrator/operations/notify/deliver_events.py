"""Delivers events to endpoints until each is accepted: at least once, those of one subject in their order."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from secrets import SystemRandom
from typing import Any, Final

from sqlalchemy import Connection, Engine, Row

from orchestrator.clock import Clock, boot_seconds, utc_now
from orchestrator.counts import count
from orchestrator.ids import new_id
from orchestrator.model.metric import Metric
from orchestrator.operations.notify.endpoint_slots import EndpointSlots
from orchestrator.operations.notify.post_event import TIMEOUT_S, Answer, EndpointLine
from orchestrator.operations.recordings.lookout import Lookout
from orchestrator.policy.webhook_retries import GIVE_UP_S, RESTS_AFTER, pause_after, rest_after
from orchestrator.store.sql import webhook_endpoints
from orchestrator.store.sql.webhook_deliveries import (
    DELIVERED,
    FAILED,
    PENDING,
    Ended,
    choose_endpoint,
    end_tries,
    give_back,
    lease_deliveries,
)
from orchestrator.web.egress import DIRECT, Egress
from orchestrator.web.http_request import resolve_host
from orchestrator.web.ssrf_guard import Resolve

log = logging.getLogger(__name__)

GONE: Final = "gone"
SILENT: Final = "not_accepting"

_LEASE_S: Final = 60.0  # longer than a batch goes on and its last event takes
_BATCH: Final = 50
_BATCH_S: Final = 10.0
_STEP_S: Final = 15.0
_TOLD: Final = {DELIVERED: "delivered", FAILED: "given_up", PENDING: "failed"}
_random = SystemRandom()


@dataclass(frozen=True)
class _Batch:
    endpoint: Row[Any]
    lease: str
    events: Sequence[Row[Any]]


def spread() -> float:
    """Return a factor around 1, another each time."""
    return _random.uniform(0.8, 1.2)


class EventDeliverer:
    """Delivers what is due; any number may run. Those that share a `lookout` ask for work as often as one."""

    def __init__(
        self,
        *,
        sql: Engine,
        slots: EndpointSlots,
        trusted: Collection[str] = (),
        egress: Egress = DIRECT,
        lookout: Lookout | None = None,
        resolve: Resolve = resolve_host,
        clock: Clock = utc_now,
        timeout_s: float = TIMEOUT_S,
        lease_s: float = _LEASE_S,
        spread: Callable[[], float] = spread,
    ) -> None:
        self._sql, self._slots = sql, slots
        self._way: dict[str, Any] = {"trusted": trusted, "egress": egress, "resolve": resolve, "clock": clock}
        self._way["timeout_s"] = timeout_s
        self._lookout = lookout or Lookout(every_s=0)
        self._lease_s, self._spread = lease_s, spread
        self._stop = threading.Event()

    def deliver_events(self) -> int:
        """Deliver until nothing is due, or a while has passed; return how many were tried."""
        until, tried = boot_seconds() + _STEP_S, 0
        while not self._stop.is_set() and boot_seconds() < until and (done := self.deliver_batch()) is not None:
            tried += done
        return tried

    def deliver_batch(self) -> int | None:
        """Try what is due for one endpoint; return how many, None when nothing is due or somebody has just looked."""
        if not self._lookout.takes_turn():
            return None
        batch = self._take()
        if batch is None:
            return None
        try:
            self._lookout.found()
            return self._deliver(batch)
        finally:
            self._slots.give_back(batch.endpoint.id)

    def interrupt(self) -> None:
        """Send nothing more; what was leased and not sent is given back."""
        self._stop.set()

    def _take(self) -> _Batch | None:
        with self._sql.begin() as tx:
            endpoint = self._take_slot(tx)
            if endpoint is None:
                return None
            lease, most = new_id("req"), 1 if _is_doubtful(endpoint) else _BATCH
            return _Batch(endpoint, lease, lease_deliveries(tx, endpoint.id, lease, most=most, lease_s=self._lease_s))

    def _take_slot(self, tx: Connection) -> Row[Any] | None:
        """Return the endpoint that waits longest of those that take another thread; one that is doubtful takes one."""
        while endpoint := choose_endpoint(tx, full=self._slots.full(), in_use=self._slots.in_use()):
            if self._slots.take(endpoint.id, most=1 if _is_doubtful(endpoint) else None):
                return endpoint
        return None

    def _deliver(self, batch: _Batch) -> int:
        answers = self._send(batch)
        ended = [self._ended(event, answer) for event, answer in zip(batch.events, answers, strict=False)]
        over = {event.line for event, end in zip(batch.events, ended, strict=False) if end.status != PENDING}
        with self._sql.begin() as tx:
            end_tries(tx, batch.endpoint.id, batch.lease, ended=ended, lines=over)
            give_back(tx, batch.endpoint.id, batch.lease, [event.seq for event in batch.events[len(ended) :]])
            self._note(tx, batch.endpoint, answers, ended)
        for end in ended:
            count(Metric.DELIVERIES, _TOLD[end.status])
        return len(ended)

    def _send(self, batch: _Batch) -> list[Answer]:
        """Return the answers to as many events as there is time and patience for."""
        until, answers = boot_seconds() + _BATCH_S, list[Answer]()
        keys = [key for key in (batch.endpoint.secret, batch.endpoint.previous_secret) if key]
        line = EndpointLine(batch.endpoint.url, keys=keys, **self._way)
        try:
            for event in batch.events:
                if self._stop.is_set() or boot_seconds() > until or _is_enough(answers):
                    break
                answers.append(line.post(event))
        finally:
            line.close()
        return answers

    def _ended(self, event: Row[Any], answer: Answer) -> Ended:
        if answer.is_accepted:
            return Ended(event.seq, DELIVERED, answer.status, None)
        pause_s = pause_after(event.tries + 1, age_s=event.age_s or 0.0, spread=self._spread())
        if answer.is_gone or pause_s is None:
            return Ended(event.seq, FAILED, answer.status, answer.error)
        return Ended(event.seq, PENDING, answer.status, answer.error, pause_s)

    def _note(self, tx: Connection, endpoint: Row[Any], answers: Sequence[Answer], ended: Sequence[Ended]) -> None:
        """Note how the endpoint fares; disable one that is gone, or has accepted nothing for as long as tries go on."""
        if any(answer.is_accepted for answer in answers):
            webhook_endpoints.note_accepted(tx, endpoint.id)
        elif answers:
            rest_s = rest_after(endpoint.failures + len(answers), spread=self._spread())
            webhook_endpoints.note_failures(tx, endpoint.id, len(answers), rest_s=rest_s)
        if any(answer.is_gone for answer in answers):
            _disable(tx, endpoint.id, GONE, silent_s=0)
        elif any(end.status == FAILED for end in ended):
            _disable(tx, endpoint.id, SILENT, silent_s=GIVE_UP_S)


def _is_doubtful(endpoint: Row[Any]) -> bool:
    return bool(endpoint.failures >= RESTS_AFTER)


def _is_enough(answers: Sequence[Answer]) -> bool:
    """Return whether the others behind these would only fail too."""
    newest = answers[-RESTS_AFTER:]
    is_refusing = len(newest) == RESTS_AFTER and not any(answer.is_accepted for answer in newest)
    return is_refusing or any(answer.is_silent or answer.is_gone for answer in answers[-1:])


def _disable(tx: Connection, endpoint_id: str, reason: str, *, silent_s: float) -> None:
    if webhook_endpoints.disable_endpoint(tx, endpoint_id, reason, silent_s=silent_s):
        log.warning("webhook endpoint %s is disabled: %s", endpoint_id, reason)
