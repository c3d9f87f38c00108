"""Fills the queue of dials at the allowed rate, fairly among running campaigns, tick by tick of its loop."""

from __future__ import annotations

import logging
import math
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import redis
from pydantic import ValidationError
from sqlalchemy import Engine, RowMapping
from sqlalchemy.exc import SQLAlchemyError

from orchestrator.errors import OrchestratorError
from orchestrator.operations.dialing.claim_contacts import Claimer, ClaimFailed, RateLimits
from orchestrator.operations.dialing.rate_limits import account_rate_limit, campaign_rate_limit
from orchestrator.policy.calling_hours import open_keys
from orchestrator.policy.campaign_rules import Pacing
from orchestrator.policy.first_calls import FIRST_CALLS, is_heard_since
from orchestrator.policy.own_pace import LATE_AT_MOST, OwnPace
from orchestrator.policy.pacing import DispatchLimits, dispatch_limits, share_by_weight
from orchestrator.store.outage import is_outage
from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.memory_guard import MemoryWatch
from orchestrator.store.redis.rate_limiter import Health, RateLimit, read_health, read_room
from orchestrator.store.sql.campaigns import list_zones
from orchestrator.store.sql.dial_checks import hours_of
from orchestrator.store.sql.dial_ledger import PUBLISH_AGAIN_AFTER_S, TAKEN_AGAIN_AFTER_S, republish
from orchestrator.store.sql.dispatch import DispatchState, read_dispatch_state
from orchestrator.store.sql.engine import statement_by_statement

log = logging.getLogger(__name__)

QUEUED_AT_MOST_S = 2.0  # of dials published and unsent: a longer queue would burst when it drains (R7)
QUEUED_AHEAD, QUEUED_AHEAD_S = 64, 0.5  # and no more than the workers are seen to send soon: it cannot be taken back
_REST_S = 0.5  # a campaign without due contacts is not asked again for so long
_REST_AFTER_FAULT_S = 10.0
CLAIMED_ALONE = 50  # contacts, one by one, after several could not be claimed together
CLAIMED_AGAIN_AFTER = timedelta(minutes=10)  # a contact that cannot be claimed
_CALLED_AGAIN_AFTER = timedelta(minutes=1)  # the same, of a single call: whoever placed it means it for now
_ZONES_FOR_S = 2.0
_REPUBLISH_AT_MOST = 500


@dataclass(frozen=True)
class _Apart:
    """Contacts that are claimed alone, for some could not be together: how many still are, and whether one could be."""

    left: int
    can_be_claimed: bool = False


@dataclass
class _Memory:
    """What one dispatcher keeps between ticks; losing it costs nothing but one query."""

    carried: Mapping[str, float]
    resting: dict[str, float]
    zones: dict[str, tuple[float, list[str]]]
    own_pace: OwnPace
    apart: dict[str, _Apart]


@dataclass(frozen=True)
class _View:
    campaigns: Sequence[RowMapping]
    limits: DispatchLimits
    rate_limit: RateLimit
    queued: int
    now: datetime
    health: Health
    room: int


class Dispatcher:
    """Claims what may be dialed now; any number of dispatchers may run, none of them leads."""

    def __init__(
        self,
        *,
        sql: Engine,
        client: redis.Redis,
        claimer: Claimer,
        connection_id: str,
        in_queue: Callable[[], int],
        keys: Keys,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._sql = sql
        self._single_statements = statement_by_statement(sql)
        self._redis = client
        self._claimer = claimer
        self._connection_id = connection_id
        self._in_queue = in_queue
        self._keys = keys
        self._monotonic = monotonic
        self._memory = _Memory({}, {}, {}, OwnPace(monotonic()), {})
        self._memory_watch = MemoryWatch(client)
        self.is_idle = False  # at the last tick no campaign ran, or none that had anybody due a moment ago

    def dispatch_calls(self) -> list[str]:
        """Return the attempts to publish now: newly claimed ones, and reserved ones nobody has taken (§1)."""
        state = self._read_state()
        if state is None:
            return []  # a new installation, without a connection yet
        campaigns = [row for row in state.campaigns if not self._is_resting(row)]
        self.is_idle = not campaigns
        if self.is_idle and not state.has_forgotten:
            return []
        health = read_health(self._redis, self._keys, self._connection_id)
        if health.epoch is None or health.epoch != state.epoch:
            return []  # new, or come back empty: it is rebuilt first, and what is reserved waits under its id (R20)
        in_queue = self._in_queue()
        view = self._read_view(state, campaigns, health, in_queue=in_queue)
        forgotten = self._republish(in_queue) if state.has_forgotten else []
        return forgotten + (self._claim(view) if view else [])

    def _read_state(self) -> DispatchState | None:
        with self._single_statements.connect() as tx:
            return read_dispatch_state(tx, self._connection_id, forgotten_after_s=TAKEN_AGAIN_AFTER_S)

    def _republish(self, in_queue: int) -> list[str]:
        older_than_s = PUBLISH_AGAIN_AFTER_S if in_queue else TAKEN_AGAIN_AFTER_S
        with self._sql.begin() as tx:
            return republish(tx, older_than_s=older_than_s, limit=_REPUBLISH_AT_MOST, in_queue=in_queue)

    def _read_view(
        self, state: DispatchState, campaigns: Sequence[RowMapping], health: Health, *, in_queue: int
    ) -> _View | None:
        if state.stopped or health.closed or not campaigns or self._memory_watch.is_nearly_full():
            return None
        room = self._room(health)
        if room < 1:
            return None  # no new call starts while callees on the line wait for the next sentence
        campaigns = [row for row in campaigns if _may_claim(row, health)]
        if not campaigns:
            return None
        queued = max(state.queued, in_queue)  # attempts withdrawn since are still in the queue
        rate = state.calls_per_second
        rate_limit = account_rate_limit(self._connection_id, calls_per_second=rate, max_live_calls=state.max_live_calls)
        # More than this would be shared in vain: whoever asks first would take all there is, at every tick.
        [of_account] = read_room(self._redis, self._keys, [(rate_limit, RateLimit(self._connection_id))])
        room = min(room, of_account.dials)
        return _View(campaigns, dispatch_limits(rate), rate_limit, queued, state.db_now, health, room)

    def _room(self, health: Health) -> int:
        """Return how many more calls this installation serves now, by how late it is with those on the line."""
        own_pace = self._memory.own_pace
        before = own_pace.pace
        room = own_pace.room(self._monotonic(), is_late=health.late > LATE_AT_MOST)
        if own_pace.pace < before:
            log.warning("%s events and commands wait: dialing slows down to %.0f/s", health.late, own_pace.pace)
        return room

    def _is_resting(self, row: RowMapping) -> bool:
        return self._memory.resting.get(row["id"], 0.0) > self._monotonic()

    def _claim(self, view: _View) -> list[str]:
        claimed: list[str] = []
        try:
            self._claim_into(claimed, view)
        except Exception as err:
            if not is_outage(err):
                raise
            log.warning("claims stop: %s; what is claimed is published", type(err).__name__)
        self._memory.own_pace.take(len(claimed))
        return claimed

    def _claim_into(self, claimed: list[str], view: _View) -> None:
        lawful = math.floor(QUEUED_AT_MOST_S * view.limits.pace_per_s + 1)
        sendable = QUEUED_AHEAD + math.floor(QUEUED_AHEAD_S * view.health.sent)
        budget = min(min(lawful, sendable) - view.queued, view.room)
        for row in view.campaigns:
            if row["kind"] == "direct" and budget > 0:  # whoever placed a single call means it for now
                claimed += self._claim_one(view, row, budget, already=0)
        budget -= len(claimed)
        rows = {row["id"]: row for row in view.campaigns if row["kind"] != "direct"}
        wanted = self._wanted(view, rows, budget)
        weights = {cid: Pacing.model_validate(rows[cid]["pacing"]).weight for cid in wanted}
        counts: Counter[str] = Counter()
        while budget > 0 and any(wanted.values()):
            shares = share_by_weight(budget, wanted, weights, self._memory.carried)
            self._memory.carried = shares.carried
            granted = {cid: n for cid, n in shares.grants.items() if n > 0}
            taken = Counter[str]()
            for cid, n in granted.items():
                call_ids = self._claim_one(view, rows[cid], n, already=counts[cid])
                claimed += call_ids
                taken[cid] = len(call_ids)
            counts.update(taken)
            budget -= taken.total()
            # A campaign that took less than offered has no more just now: the rest goes to the others.
            wanted = {cid: n - taken[cid] for cid, n in wanted.items() if taken[cid] == shares.grants[cid]}
            if taken.total() == 0:
                break

    def _wanted(self, view: _View, rows: Mapping[str, RowMapping], budget: int) -> dict[str, int]:
        """Return how many of `budget` dials each campaign may make: all, but for those with limits of their own."""
        limits: dict[str, RateLimit] = {}
        for campaign_id, row in rows.items():
            try:
                limits[campaign_id] = campaign_rate_limit(campaign_id, row["pacing"])
            except ValidationError as err:
                self._rest_after(err, campaign_id)
        own = [limit for limit in limits.values() if limit.rate or limit.channels] if budget > 0 else []
        rooms = read_room(self._redis, self._keys, [(view.rate_limit, limit) for limit in own])
        dials = {limit.scope: room.dials for limit, room in zip(own, rooms, strict=True)}
        return {campaign_id: min(budget, dials.get(campaign_id, budget)) for campaign_id in limits}

    def _claim_one(self, view: _View, row: RowMapping, most: int, *, already: int) -> tuple[str, ...]:
        if row["kind"] != "direct" and not (row["heard_webhooks"] or _is_webhook_newer(row, view.health)):
            most = min(most, FIRST_CALLS - row["first_calls"] - already)
        apart = self._memory.apart.get(row["id"])
        try:
            rate_limits = RateLimits(view.rate_limit, campaign_rate_limit(row["id"], row["pacing"]))
            claim = self._claimer.claim_contacts(
                row["id"], rate_limits, zones=self._open_zones(row, view.now), most=min(most, 1) if apart else most
            )
        except ClaimFailed as failed:
            log.exception("campaign %s: contacts that cannot be claimed: %s", row["id"], len(failed.contact_ids))
            self._set_apart(row, failed.contact_ids)
            return ()
        except (OrchestratorError, ValidationError, SQLAlchemyError) as err:
            if is_outage(err):
                raise
            self._rest_after(err, row["id"])
            return ()
        if claim.looked_at == 0:
            self._memory.apart.pop(row["id"], None)
            self._memory.resting[row["id"]] = self._monotonic() + _REST_S
        elif apart and (claim.call_ids or claim.refusals):
            self._count_apart(row["id"], was_claimed=True)
        return claim.call_ids

    def _rest_after(self, fault: Exception, campaign_id: str) -> None:
        """Let a campaign rest after a fault of its own, say hours this version cannot read: the others go on."""
        log.error("campaign %s cannot be claimed from", campaign_id, exc_info=fault)
        self._memory.resting[campaign_id] = self._monotonic() + _REST_AFTER_FAULT_S

    def _set_apart(self, row: RowMapping, contact_ids: Sequence[str]) -> None:
        """Ask for contacts that cannot be claimed together one by one, and hold each that cannot be claimed alone."""
        if len(contact_ids) > 1:
            self._memory.apart[row["id"]] = _Apart(CLAIMED_ALONE)
            return
        self._count_apart(row["id"], was_claimed=False)
        wait = _CALLED_AGAIN_AFTER if row["kind"] == "direct" else CLAIMED_AGAIN_AFTER
        try:
            self._claimer.hold_failed(contact_ids[0], wait=wait)
        except SQLAlchemyError as err:
            if is_outage(err):
                raise
            log.exception("contact %s cannot be held either", contact_ids[0])

    def _count_apart(self, campaign_id: str, *, was_claimed: bool) -> None:
        """Count one that was asked for alone; a campaign rests behind the last if none of them could be claimed."""
        apart = self._memory.apart.pop(campaign_id, _Apart(1))
        left, can_be_claimed = apart.left - 1, apart.can_be_claimed or was_claimed
        if left > 0:
            self._memory.apart[campaign_id] = _Apart(left, can_be_claimed)
        elif not can_be_claimed:
            self._memory.resting[campaign_id] = self._monotonic() + _REST_AFTER_FAULT_S

    def _open_zones(self, row: RowMapping, now: datetime) -> list[str]:
        until, zones = self._memory.zones.get(row["id"], (0.0, []))
        if until < self._monotonic():
            with self._sql.connect() as tx:
                known = list_zones(tx, row["id"])
            # A single call brings its own leave to ignore the hours: the gate answers for each.
            zones = known if row["kind"] == "direct" else open_keys(hours_of(row["calling_hours"]), known, now)
            self._memory.zones[row["id"]] = (self._monotonic() + _ZONES_FOR_S, zones)
        return zones


def _may_claim(row: RowMapping, health: Health) -> bool:
    is_proven = row["heard_webhooks"] or row["kind"] == "direct" or _is_webhook_newer(row, health)
    return is_proven or row["first_calls"] < FIRST_CALLS


def _is_webhook_newer(row: RowMapping, health: Health) -> bool:
    return is_heard_since(row["proving_since"], last_webhook_ms=health.last_webhook_ms)
