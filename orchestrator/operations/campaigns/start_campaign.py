"""Starts a campaign, and resumes a paused one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection, Engine, Row

from orchestrator.clock import Clock
from orchestrator.errors import Conflict, FieldError
from orchestrator.model.campaign_status import STARTED, CampaignStatus
from orchestrator.operations.campaigns.check_start import find_start_errors
from orchestrator.operations.campaigns.create_campaign import found
from orchestrator.operations.contacts.lasting_guards import check_guards
from orchestrator.policy.caps import Caps
from orchestrator.policy.preflight import StartError
from orchestrator.store.sql import campaigns
from orchestrator.store.sql.expected_rows import Expects, whatever_it_is
from orchestrator.store.sql.flow_cache import FlowCache

_REFUSED = "The preflight finds errors; correct them, or start in spite of them by naming their codes in `accept`."


class Start(BaseModel):
    """How to start a campaign."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    accept: tuple[StartError, ...] = Field((), description="Errors of the preflight to start in spite of, by code.")


def start_campaign(
    campaign_id: str,
    wanted: Start,
    *,
    expects: Expects = whatever_it_is,
    sql: Engine,
    flows: FlowCache,
    caps: Caps,
    clock: Clock,
    call_estimate: Decimal,
) -> Row[Any]:
    """Set a draft running, or scheduled until its starts_at; one that was started stays as it is.

    Raises Conflict `no_contacts` when it has no contacts and no import that would add some, and `preflight` with all
    errors that a quick look finds and that are not accepted. The code is a guard's if that would pause it at once.
    ChangedMeanwhile for a draft that is not as `expects` says.
    """

    def check(tx: Connection, campaign: Row[Any]) -> None:
        errors = find_start_errors(tx, campaign, flows=flows, caps=caps)
        refused = [FieldError(*error) for error in errors if error.code not in wanted.accept]
        if refused:
            raise Conflict("preflight", _REFUSED, status=campaign.status, errors=refused)
        check_guards(tx, campaign, call_estimate)

    since, now = CampaignStatus.DRAFT, clock()
    return _set_going(sql, campaign_id, since=since, verb="started", now=now, check=check, expects=expects)


def resume_campaign(campaign_id: str, *, sql: Engine, clock: Clock, call_estimate: Decimal) -> Row[Any]:
    """Resume a paused campaign, its reason cleared; one that is under way stays as it is.

    Raises Conflict with the code of a guard that would pause it at once: what it counts does not end with a resume.
    """

    def check(tx: Connection, campaign: Row[Any]) -> None:
        check_guards(tx, campaign, call_estimate)

    return _set_going(sql, campaign_id, since=CampaignStatus.PAUSED, verb="resumed", now=clock(), check=check)


def _set_going(
    sql: Engine,
    campaign_id: str,
    *,
    since: CampaignStatus,
    verb: str,
    now: datetime,
    check: Callable[[Connection, Row[Any]], None],
    expects: Expects = whatever_it_is,
) -> Row[Any]:
    with sql.begin() as tx:
        campaign = found(campaigns.lock_campaign(tx, campaign_id), campaign_id)
        if campaign.status in STARTED:
            return campaign
        if campaign.status != since:
            detail = f"A campaign that is {campaign.status} cannot be {verb}."
            raise Conflict(f"not_{verb}", detail, status=campaign.status, allowed=[since, *STARTED])
        expects(campaign._mapping)
        _check_ready(tx, campaign, now)
        check(tx, campaign)
        target, changes = _going(campaign, now)
        campaigns.set_going(tx, campaign_id, target, since=since, changes=changes)
        return found(campaigns.find_campaign(tx, campaign_id), campaign_id)


def _going(campaign: Row[Any], now: datetime) -> tuple[CampaignStatus, dict[str, Any]]:
    """Return the status of a campaign under way and what else it has; whether webhooks arrive is to be proven anew."""
    is_early = campaign.starts_at is not None and campaign.starts_at > now
    return CampaignStatus.SCHEDULED if is_early else CampaignStatus.RUNNING, {
        "status_reason": None,
        "started_at": campaign.started_at or now,
        "proving_since": now,
        "heard_webhooks": False,
    }


def _check_ready(tx: Connection, campaign: Row[Any], now: datetime) -> None:
    if campaign.ends_at is not None and campaign.ends_at <= now:
        raise Conflict("already_over", "Its ends_at has passed; set a later one first.", status=campaign.status)
    if campaign.keep_open or campaigns.has_contacts(tx, campaign.id):
        return
    if not campaigns.has_open_import(tx, campaign.id):
        detail = "It has no contacts: add some, or set keep_open so that they may come later."
        raise Conflict("no_contacts", detail, status=campaign.status)
