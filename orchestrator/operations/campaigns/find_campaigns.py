"""Finds campaigns: one, or a page of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row

from orchestrator.operations.campaigns.create_campaign import found
from orchestrator.store.sql import campaigns as queries_campaigns

if TYPE_CHECKING:
    from orchestrator.services import Services


def find_campaign(services: Services, campaign_id: str) -> Row[Any]:
    """Return a campaign; raise NotFound for none."""
    with services.sql.connect() as tx:
        return found(queries_campaigns.find_campaign(tx, campaign_id), campaign_id)


def find_campaign_in_flight(services: Services, campaign_id: str) -> tuple[Row[Any], int]:
    """Return a campaign and the number of its calls that the carrier has or may have."""
    with services.sql.connect() as tx:
        campaign = found(queries_campaigns.find_campaign(tx, campaign_id), campaign_id)
        return campaign, queries_campaigns.count_in_flight(tx, campaign_id)


def list_campaigns(
    services: Services, filters: Mapping[str, Any], *, after: str | None, limit: int
) -> Sequence[Row[Any]]:
    """Return a page of campaigns, newest first."""
    with services.sql.connect() as tx:
        return queries_campaigns.list_campaigns(tx, filters, after=after, limit=limit)
