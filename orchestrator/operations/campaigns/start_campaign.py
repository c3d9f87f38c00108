"""Starts a campaign, and lets a paused one go on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row

from orchestrator.errors import Conflict
from orchestrator.operations.campaigns.create_campaign import found
from orchestrator.store.sql import campaigns as queries_campaigns

if TYPE_CHECKING:
    from orchestrator.services import Services

_STARTED = ("scheduled", "running")


def start_campaign(services: Services, campaign_id: str) -> Row[Any]:
    """Set a draft running, or scheduled until its starts_at; one that was started stays as it is.

    Raises Conflict `no_contacts` when there is nobody to call and nothing that would bring anybody.
    """
    return _set_going(services, campaign_id, since="draft", verb="started")


def resume_campaign(services: Services, campaign_id: str) -> Row[Any]:
    """Let a paused campaign go on, its reason cleared; one that is under way stays as it is."""
    return _set_going(services, campaign_id, since="paused", verb="resumed")


def _set_going(services: Services, campaign_id: str, *, since: str, verb: str) -> Row[Any]:
    with services.sql.begin() as tx:
        campaign = found(queries_campaigns.lock_campaign(tx, campaign_id), campaign_id)
        if campaign.status in _STARTED:
            return campaign
        if campaign.status != since:
            detail = f"A campaign that is {campaign.status} cannot be {verb}."
            raise Conflict(f"not_{verb}", detail, status=campaign.status, allowed=[since, *_STARTED])
        _check_ready(services, tx, campaign)
        queries_campaigns.update_campaign(tx, campaign_id, _going(services, campaign))
        return found(queries_campaigns.find_campaign(tx, campaign_id), campaign_id)


def _going(services: Services, campaign: Row[Any]) -> dict[str, Any]:
    """Return what a campaign under way has; whether webhooks arrive is to be proven anew."""
    now = services.clock()
    is_early = campaign.starts_at is not None and campaign.starts_at > now
    return {
        "status": "scheduled" if is_early else "running",
        "status_reason": None,
        "started_at": campaign.started_at or now,
        "proving_since": now,
        "heard_webhooks": False,
    }


def _check_ready(services: Services, tx: Connection, campaign: Row[Any]) -> None:
    if campaign.ends_at is not None and campaign.ends_at <= services.clock():
        raise Conflict("already_over", "Its ends_at has passed; set a later one first.", status=campaign.status)
    if campaign.keep_open or queries_campaigns.has_contacts(tx, campaign.id):
        return
    if not queries_campaigns.has_open_import(tx, campaign.id):
        detail = "It has no contacts: add some, or set keep_open so that they may come later."
        raise Conflict("no_contacts", detail, status=campaign.status)
