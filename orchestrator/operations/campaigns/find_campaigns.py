"""Finds a campaign, or says that there is none."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, Row

from orchestrator.operations.campaigns.create_campaign import found
from orchestrator.store.sql import campaigns


def find_campaign(campaign_id: str, *, sql: Engine) -> Row[Any]:
    """Return a campaign; raise NotFound for none."""
    with sql.connect() as tx:
        return found(campaigns.find_campaign(tx, campaign_id), campaign_id)


def find_campaign_in_flight(campaign_id: str, *, sql: Engine) -> tuple[Row[Any], int]:
    """Return a campaign and the number of its calls that the carrier has or may have."""
    with sql.connect() as tx:
        campaign = found(campaigns.find_campaign(tx, campaign_id), campaign_id)
        return campaign, campaigns.count_in_flight(tx, campaign_id)
