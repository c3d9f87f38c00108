"""Lets contacts of a campaign that have ended wait for more attempts; a completed campaign runs again for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError
from sqlalchemy import Connection, Engine, Row

from orchestrator.clock import Clock
from orchestrator.errors import Conflict, NotFound
from orchestrator.model.campaign_status import CampaignStatus
from orchestrator.model.contact_status import ContactStatus
from orchestrator.operations.contacts.bulk_changes import Stores, TryAgain, Way, count_matching, make_change
from orchestrator.operations.contacts.contact_filter import Dispositions, Outcomes
from orchestrator.operations.contacts.lasting_guards import check_guards
from orchestrator.policy.timestamps import Moment, format_timestamp, parse_timestamp
from orchestrator.store.sql import campaigns, redials

MOST_ATTEMPTS = 20
_UNLESS_SAID = (ContactStatus.COMPLETED, ContactStatus.EXHAUSTED, ContactStatus.EXPIRED)
_OVER = (
    "Its ends_at has passed: set a later one with PATCH, or clone the campaign with the contacts that are to be called."
)
_NEVER_AGAIN = (
    "It is not called again: its number is suppressed, a call to it lives or may have been carried out, its not_after "
    "has passed, or its import was withdrawn."
)
_ALLOWED = tuple(status for status in CampaignStatus if status is not CampaignStatus.CANCELED)


class Redial(BaseModel):
    """Which contacts to call again, and how often: of each field that is given, one of its values."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dispositions: Dispositions = None
    outcomes: Outcomes = None
    statuses: Annotated[
        list[Literal["completed", "exhausted", "expired", "canceled", "suppressed"]] | None,
        Field(
            min_length=1,
            description="Left out: completed, exhausted, expired. Of the suppressed those whose number no longer is.",
        ),
    ] = None
    attempts: int = Field(
        1, ge=1, le=MOST_ATTEMPTS, strict=True, description="How many more, at most: when, the retry rules say."
    )
    not_before: Moment | None = Field(None, description="Left out, they are called as soon as they may be.")
    dry_run: bool = Field(default=False, description="Count them, and change nothing.")

    @model_validator(mode="after")
    def _says_which(self) -> Self:
        if self.dispositions is self.outcomes is self.statuses is None:
            raise PydanticCustomError("filter_required", "say which contacts: by dispositions, outcomes or statuses")
        return self

    def filters(self) -> dict[str, Any]:
        """Return whom to look for, as JSON."""
        return self.model_dump(mode="json", include={"dispositions", "outcomes", "statuses"}, exclude_none=True)

    def more_attempts(self) -> MoreAttempts:
        """Return what they get."""
        return MoreAttempts(self.attempts, self.not_before)


@dataclass(frozen=True)
class MoreAttempts:
    """How many more attempts whoever matches gets, and from when on."""

    more: int
    not_before: datetime | None

    def written(self) -> dict[str, Any]:
        """Return this as JSON."""
        return {"more": self.more, "not_before": self.not_before and format_timestamp(self.not_before)}


def redial_campaign(
    campaign_id: str,
    filters: Mapping[str, Any],
    attempts: MoreAttempts,
    *,
    change_id: str,
    stores: Stores,
    clock: Clock,
    call_estimate: Decimal,
) -> Row[Any]:
    """Let the contacts that match wait again and return the change; the same `change_id` again goes on with it.

    Raises Conflict for a campaign that was canceled, whose ends_at has passed, or that a guard would pause at once.
    """
    _look_first(campaign_id, sql=stores.sql, clock=clock, call_estimate=call_estimate)
    wanted = attempts.written()
    return make_change(
        change_id, REDIALING, filters=_of(campaign_id, filters), wanted=wanted, campaign_id=campaign_id, stores=stores
    )


def count_redial(
    campaign_id: str,
    filters: Mapping[str, Any],
    attempts: MoreAttempts,
    *,
    sql: Engine,
    clock: Clock,
    call_estimate: Decimal,
) -> tuple[int, int]:
    """Return how many contacts match, and how many would wait again; raises what the redial would raise."""
    _look_first(campaign_id, sql=sql, clock=clock, call_estimate=call_estimate)
    count = partial(redials.count_redialable, not_before=attempts.not_before)
    return count_matching(_of(campaign_id, filters), sql=sql, count=count)


def _of(campaign_id: str, filters: Mapping[str, Any]) -> dict[str, Any]:
    return {"statuses": [status.value for status in _UNLESS_SAID], **filters, "campaign_id": campaign_id}


def _look_first(campaign_id: str, *, sql: Engine, clock: Clock, call_estimate: Decimal) -> None:
    with sql.connect() as tx:
        campaign = campaigns.find_campaign(tx, campaign_id)
        if campaign is None:
            raise NotFound("campaign", campaign_id)
        check_redial(tx, campaign, clock(), call_estimate)


def check_redial(tx: Connection, campaign: Row[Any], now: datetime, call_estimate: Decimal) -> None:
    """Raise Conflict for a campaign whose contacts cannot be called again."""
    if campaign.status == CampaignStatus.CANCELED:
        detail = "The campaign was canceled for good; clone it, with the contacts that are to be called."
        raise Conflict("campaign_over", detail, status=campaign.status, allowed=_ALLOWED)
    if campaign.ends_at is not None and campaign.ends_at <= now:
        raise Conflict("already_over", _OVER, status=campaign.status)
    if campaign.status == CampaignStatus.COMPLETED:
        check_guards(tx, campaign, call_estimate)


def wait_once_more(tx: Connection, contact: Row[Any], *, now: datetime, call_estimate: Decimal) -> None:
    """Let a contact that has ended, and that the caller has locked, wait for one more attempt.

    A completed campaign runs again for it. Raises Conflict for one that is never called again, or not now.
    """
    campaign = campaigns.find_campaign(tx, contact.campaign_id)
    if campaign is None:
        raise Conflict("single_call", "Place another call with POST /v1/calls.", status=contact.status)
    check_redial(tx, campaign, now, call_estimate)
    if not redials.wait_again(tx, [contact.id], more=1, not_before=None):
        raise Conflict("not_called_again", _NEVER_AGAIN, status=contact.status)
    locked = campaigns.lock_campaign(tx, contact.campaign_id)
    check_redial(tx, locked or campaign, now, call_estimate)
    if locked and locked.status == CampaignStatus.COMPLETED:
        redials.run_again(tx, contact.campaign_id)


def _open_again(stores: Stores, change: Row[Any], contact_ids: Sequence[str]) -> int:
    """Let a completed campaign run before its contacts wait: one that is completed takes nobody."""
    not_before = _moment(change.wanted["not_before"])
    with stores.sql.begin() as tx:
        campaign = campaigns.find_campaign(tx, change.campaign_id)
        if campaign is None or campaign.status != CampaignStatus.COMPLETED:
            return 0
        if contact_ids and redials.count_redialable(tx, contact_ids, not_before=not_before):
            redials.run_again(tx, change.campaign_id)
    return 0


def _wait_again(tx: Connection, change: Row[Any], contact_ids: Sequence[str]) -> int:
    wanted = change.wanted
    not_before = _moment(wanted["not_before"])
    changed = redials.wait_again(tx, contact_ids, more=wanted["more"], not_before=not_before)
    if changed:
        _check_takes_them(tx, change.campaign_id)
    return changed


def _check_takes_them(tx: Connection, campaign_id: str) -> None:
    """Keep the campaign from ending until this transaction does; locked last, as an upload locks it."""
    campaign = campaigns.share_lock_campaign(tx, campaign_id)
    if campaign is None or campaign.status == CampaignStatus.CANCELED:
        raise Conflict("campaign_over", "The campaign was canceled meanwhile.", status=CampaignStatus.CANCELED)
    if campaign.status == CampaignStatus.COMPLETED:
        raise TryAgain


def _moment(written: str | None) -> datetime | None:
    return parse_timestamp(written) if written else None


REDIALING = Way("redial", apply=_wait_again, prepare=_open_again)
