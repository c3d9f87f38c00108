"""Explains why a campaign does not dial, or not faster: its contacts counted by what each of them waits for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import redis
from sqlalchemy import Engine, Row

from orchestrator.model.campaign_status import CampaignStatus
from orchestrator.operations.campaigns.create_campaign import found
from orchestrator.operations.campaigns.why_waiting import (
    Because,
    read_waiting,
    why_campaign_waits,
    why_held,
    why_waiting,
)
from orchestrator.operations.dialing.find_dial_blockers import room_within
from orchestrator.policy.campaign_rules import Pacing
from orchestrator.policy.hold_reasons import Reason
from orchestrator.store.redis.keys import Keys
from orchestrator.store.sql import campaigns
from orchestrator.store.sql.connections import find_connection
from orchestrator.store.sql.dial_ledger import database_now
from orchestrator.store.sql.dialing_stop import read_stop
from orchestrator.store.sql.tallies import read_tally

_DIALS_AT_ITS_LIMIT = (None, Reason.RATE, Reason.NO_CAPACITY)


@dataclass(frozen=True)
class Limits:
    """The calls per second and the live calls that are allowed, and the guard that paused the campaign."""

    rate: float | None
    channels: int | None
    guard: str | None


@dataclass(frozen=True)
class CampaignExplained:
    """Whether a campaign dials, and what its contacts wait for."""

    is_dialing: bool
    because: tuple[Because, ...]
    limits: Limits


def explain_campaign(campaign_id: str, *, sql: Engine, client: redis.Redis, keys: Keys) -> CampaignExplained:
    """Return why contacts of a campaign are not dialed at this moment, most of them first; raise NotFound for none."""
    with sql.connect() as tx:
        campaign = found(campaigns.find_campaign(tx, campaign_id), campaign_id)
        stop, now = read_stop(tx), database_now(tx)
        tally = read_tally(tx, campaign_id, "contacts")
        account = find_connection(tx, campaign.connection_id)
        limits = limits_of(campaign, account)
        whole = why_campaign_waits(campaign, tally, stop, now)
        if whole:
            return CampaignExplained(False, (whole,), limits)
        waiting = read_waiting(tx, campaign, tally, now)
        paces = campaigns.running_paces(tx, [campaign_id])
    room = room_within(paces, is_stopped=False, client=client, keys=keys).get(campaign_id)
    lacks = room.lacks if room else Reason.REDIS
    has_work = waiting.calling > 0 or waiting.open_now > waiting.later_of_open
    because = sorted([*why_held(waiting), *why_waiting(waiting, room)], key=lambda each: -each.contacts)
    return CampaignExplained(has_work and lacks in _DIALS_AT_ITS_LIMIT, tuple(because), limits)


def limits_of(campaign: Row[Any], account: Row[Any] | None) -> Limits:
    """Return what bounds the pace of a campaign that dials over this account."""
    pacing = Pacing.model_validate(campaign.pacing)
    rates = [rate for rate in (pacing.calls_per_second, account and account.calls_per_second) if rate]
    channels = [most for most in (pacing.max_live_calls, account and account.max_live_calls) if most]
    code = str((campaign.status_reason or {}).get("code", ""))
    is_guard = campaign.status == CampaignStatus.PAUSED and (code.startswith("guard_") or code == "no_webhooks")
    return Limits(min(rates, default=None), min(channels, default=None), code if is_guard else None)
