"""Pauses a campaign: after it returns, nothing of it is sent (R9)."""

from __future__ import annotations

from typing import Any

import redis
from sqlalchemy import Engine, Row

from orchestrator.errors import Conflict
from orchestrator.model.campaign_status import CAMPAIGN_TRANSITIONS, CampaignStatus
from orchestrator.operations.campaigns.create_campaign import found
from orchestrator.operations.dialing.drain_dials import drain_dials
from orchestrator.operations.dialing.release_attempts import ReleaseReason
from orchestrator.policy.hold_reasons import Reason
from orchestrator.store.redis.keys import Keys
from orchestrator.store.sql import call_filters
from orchestrator.store.sql.campaigns import lock_campaign, pause_by_user, read_row

RELEASE = ReleaseReason(Reason.CAMPAIGN_PAUSED, counts=False, held=False)
"""What becomes of the attempts that a pause withdraws."""
_ALLOWED = (*CAMPAIGN_TRANSITIONS.sources(CampaignStatus.PAUSED), CampaignStatus.PAUSED)


def pause_campaign(campaign_id: str, *, sql: Engine, client: redis.Redis, keys: Keys) -> tuple[Row[Any], int]:
    """Return the paused campaign and how many of its calls are live. A paused one stays as it is."""
    _close_the_gate(sql, campaign_id)
    in_flight = drain_dials(call_filters.of_campaign(campaign_id), RELEASE, sql=sql, client=client, keys=keys)
    with sql.connect() as tx:
        return read_row(tx, campaign_id), in_flight


def _close_the_gate(sql: Engine, campaign_id: str) -> None:
    with sql.begin() as tx:
        status = found(lock_campaign(tx, campaign_id), campaign_id).status
        if status not in _ALLOWED:
            raise Conflict(
                "not_pausable", f"A campaign that is {status} cannot be paused.", status=status, allowed=_ALLOWED
            )
        if status == CampaignStatus.PAUSED:
            return
        pause_by_user(tx, campaign_id)
