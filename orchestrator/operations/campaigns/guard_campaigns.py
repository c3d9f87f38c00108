"""Pauses the campaigns whose guards say so, as a person would; nobody but a person resumes them."""

from __future__ import annotations

import logging
from decimal import Decimal

import redis
from sqlalchemy import Connection, Engine

from orchestrator.clock import rfc3339
from orchestrator.model.campaign_status import CampaignStatus
from orchestrator.operations.campaigns.pause_campaign import RELEASE
from orchestrator.operations.dialing.drain_dials import drain_dials
from orchestrator.policy.guards.judge import Reading, State, judge
from orchestrator.store.doubt import is_really_away
from orchestrator.store.redis.keys import Keys
from orchestrator.store.sql import call_filters
from orchestrator.store.sql.campaigns import lock_campaign, pause_campaigns
from orchestrator.store.sql.dial_ledger import database_now
from orchestrator.store.sql.guard_counts import count_for_guards, running_campaigns

log = logging.getLogger(__name__)


class CampaignGuard:
    """Looks at the running campaigns again and again; at each only when something it counts has changed."""

    def __init__(self, *, sql: Engine, client: redis.Redis, keys: Keys, call_estimate: Decimal) -> None:
        self._sql, self._redis, self._keys = sql, client, keys
        self._call_estimate = call_estimate
        self._fine: dict[str, str] = {}

    def guard_campaigns(self) -> list[str]:
        """Pause the campaigns whose guards say so and return them; nothing of them is sent after that (R9).

        All gates are closed before the first wait: a campaign whose sends are under way delays the pause of no other.
        """
        with self._sql.connect() as tx:
            running = running_campaigns(tx)
        changed = [campaign_id for campaign_id, mark in running.items() if self._fine.get(campaign_id) != mark]
        judged = {campaign_id: self._judge(campaign_id) for campaign_id in changed}
        paused = [campaign_id for campaign_id, is_paused in judged.items() if is_paused]
        for campaign_id in paused:
            drain_dials(
                call_filters.of_campaign(campaign_id), RELEASE, sql=self._sql, client=self._redis, keys=self._keys
            )
        # Marked as read before the look: what has changed since is looked at again.
        self._fine = {cid: mark for cid, mark in running.items() if judged.get(cid, False) is False}
        return paused

    def _judge(self, campaign_id: str) -> bool | None:
        """Return whether a campaign was paused; None for one that could not be looked at, which is its own fault."""
        try:
            return self._close_gate(campaign_id)
        except Exception as err:
            if is_really_away(err, self._sql):
                raise
            log.exception("not guarded for the moment", extra={"campaign_id": campaign_id})
            return None

    def _close_gate(self, campaign_id: str) -> bool:
        with self._sql.connect() as tx:
            breach = self._breach(tx, campaign_id)
        return breach is not None and self._pause(campaign_id, seen=breach)

    def _pause(self, campaign_id: str, *, seen: Reading) -> bool:
        """Pause a campaign if its guards still say so behind its lock: a person may have resumed it meanwhile."""
        with self._sql.begin() as tx:
            campaign = lock_campaign(tx, campaign_id)
            if campaign is None or campaign.status != CampaignStatus.RUNNING:
                return False
            breach = self._breach(tx, campaign_id)
            if breach is None:
                log.info("not paused after all: %s", seen.guard.code, extra={"campaign_id": campaign_id})
                return False
            reason = {"code": breach.guard.code, "detail": breach.detail, "at": rfc3339(database_now(tx))}
            pause_campaigns(tx, [campaign_id], reason)
        log.error("campaign paused: %s: %s", breach.guard.code, breach.detail, extra={"campaign_id": campaign_id})
        return True

    def _breach(self, tx: Connection, campaign_id: str) -> Reading | None:
        guarded = count_for_guards(tx, campaign_id, next_call=self._call_estimate)
        readings = judge(guarded.guards, guarded.spend, guarded.counts)
        return next((reading for reading in readings if reading.state is State.PAUSE), None)
