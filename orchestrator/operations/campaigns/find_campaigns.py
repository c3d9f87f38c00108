"""Finds campaigns: one, or a page of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row

from orchestrator.operations.campaigns.create_campaign import found
from orchestrator.store.sql import campaigns as queries_campaigns

if TYPE_CHECKING:
    from orchestrator.services import House


def find_campaign(house: House, campaign_id: str) -> Row[Any]:
    """Return a campaign; raise NotFound for none."""
    with house.sql.connect() as connection:
        return found(queries_campaigns.find_campaign(connection, campaign_id), campaign_id)


def find_campaign_in_flight(house: House, campaign_id: str) -> tuple[Row[Any], int]:
    """Return a campaign and the number of its calls that the carrier has or may have."""
    with house.sql.connect() as connection:
        campaign = found(queries_campaigns.find_campaign(connection, campaign_id), campaign_id)
        return campaign, queries_campaigns.count_in_flight(connection, campaign_id)


def list_campaigns(house: House, filters: Mapping[str, Any], *, after: str | None, limit: int) -> Sequence[Row[Any]]:
    """Return a page of campaigns, newest first."""
    with house.sql.connect() as connection:
        return queries_campaigns.list_campaigns(connection, filters, after=after, limit=limit)
