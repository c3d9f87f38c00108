"""Finds a campaign, or says that there is none."""

from __future__ import annotations

from typing import Any, NamedTuple

import redis
from sqlalchemy import Engine, Row

from orchestrator.model.campaign_status import CampaignStatus
from orchestrator.operations.campaigns.create_campaign import found
from orchestrator.operations.dialing.find_dial_blockers import room_within
from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.rate_limiter import Room
from orchestrator.store.sql import campaigns
from orchestrator.store.sql.dialing_stop import Stop, read_stop
from orchestrator.store.sql.engine import statement_by_statement


def find_campaign(campaign_id: str, *, sql: Engine) -> Row[Any]:
    """Return a campaign; raise NotFound for none."""
    with statement_by_statement(sql).connect() as tx:
        return found(campaigns.find_campaign(tx, campaign_id), campaign_id)


class CampaignInForce(NamedTuple):
    """A campaign and the stop of all dialing: what says how it may dial, but for its contacts."""

    campaign: Row[Any]
    stop: Stop | None


def find_in_force(campaign_id: str, *, sql: Engine) -> CampaignInForce:
    """Return a campaign as it is set, with the stop that is in force; raise NotFound for none."""
    with statement_by_statement(sql).connect() as tx:
        return CampaignInForce(found(campaigns.find_campaign(tx, campaign_id), campaign_id), read_stop(tx))


class CampaignNow(NamedTuple):
    """A campaign, how many of its calls the carrier has or may have, the stop in force, and its room to dial."""

    campaign: Row[Any]
    in_flight: int
    stop: Stop | None
    room: Room | None


def find_campaign_now(campaign_id: str, *, sql: Engine, client: redis.Redis, keys: Keys) -> CampaignNow:
    """Return a campaign as whoever follows it polls it; raise NotFound for none."""
    with statement_by_statement(sql).connect() as tx:
        campaign = found(campaigns.find_campaign(tx, campaign_id), campaign_id)
        in_flight, stop = campaigns.count_in_flight(tx, campaign_id), read_stop(tx)
        limits = campaigns.running_paces(tx, [campaign_id]) if campaign.status == CampaignStatus.RUNNING else []
    room = room_within(limits, is_stopped=stop is not None, client=client, keys=keys).get(campaign_id)
    return CampaignNow(campaign, in_flight, stop, room)
