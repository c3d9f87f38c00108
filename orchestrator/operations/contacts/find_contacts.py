"""Finds contacts, each with its status, the reason why it waits, and until when."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row

from orchestrator.clock import Clock
from orchestrator.errors import NotFound
from orchestrator.model.contact_status import CLAIMABLE, ContactStatus
from orchestrator.policy.calling_hours import closed_reason, is_open, next_opening
from orchestrator.policy.campaign_rules import CallingHours
from orchestrator.policy.hold_reasons import Reason
from orchestrator.policy.hours_in_force import hours_in_force
from orchestrator.store.redis.rate_limiter import Room
from orchestrator.store.sql import campaigns, contacts
from orchestrator.store.sql.contact_filters import selected, standing
from orchestrator.store.sql.pagination import Listed


@dataclass(frozen=True)
class CurrentStatus:
    """A contact's status at a moment; `until` is when it is checked again, None where it waits for a change."""

    status: str
    reason: str | None
    until: datetime | None


Closing = Callable[[str], CurrentStatus | None]
"""How contacts stand that wait in a zone; None where the zone is open."""


def find_contact(contact_id: str, *, sql: Engine) -> Row[Any]:
    """Return a contact; raise NotFound for none."""
    with sql.connect() as tx:
        row = contacts.find_contact(tx, contact_id)
    if row is None:
        raise NotFound("contact", contact_id)
    return row


def list_contacts(filters: Mapping[str, Any], *, after: str | None, limit: int, sql: Engine, clock: Clock) -> Listed:
    """Return a page of contacts, newest first.

    With a campaign in the filters, contacts that wait in a closed zone count as held; without one, as waiting.
    """
    with sql.connect() as tx:
        campaign_id = filters.get("campaign_id", "")
        campaign = campaigns.find_campaign(tx, campaign_id) if "status" in filters else None
        if campaign is None:
            return contacts.list_contacts(tx, filters, after=after, limit=limit)
        hours = hours_in_force(campaign.calling_hours, campaign.purpose)
        zones = campaigns.list_zones(tx, campaign_id)
        statuses_and_zones = _statuses_and_zones(filters["status"], zones, hours, clock())
        others = {name: value for name, value in filters.items() if name not in ("campaign_id", "status")}
        return contacts.list_by_current_status(tx, campaign_id, statuses_and_zones, others, after=after, limit=limit)


def conditions_of(tx: Connection, filters: Mapping[str, Any], *, now: datetime) -> list[ColumnElement[bool]]:
    """Return the conditions of filters; within a campaign, contacts that wait in a closed zone count as held."""
    campaign_id = filters.get("campaign_id", "")
    campaign = campaigns.find_campaign(tx, campaign_id) if "status" in filters and campaign_id else None
    if campaign is None:
        return selected(filters)
    hours = hours_in_force(campaign.calling_hours, campaign.purpose)
    zones = campaigns.list_zones(tx, campaign_id)
    others = {name: value for name, value in filters.items() if name != "status"}
    return [standing(_statuses_and_zones(filters["status"], zones, hours, now)), *selected(others)]


def _statuses_and_zones(status: str, zones: Sequence[str], hours: CallingHours, now: datetime) -> list[tuple[str, str]]:
    """Return the (stored status, zone) pairs of a status: a contact that waits in a closed zone is held."""
    closed = {zone for zone in zones if not is_open(hours, zone, now)}
    if status == ContactStatus.WAITING:
        return [(ContactStatus.WAITING, zone) for zone in zones if zone not in closed]
    held = [(ContactStatus.WAITING, zone) for zone in closed] if status == ContactStatus.HELD else []
    return [(status, zone) for zone in zones] + held


def current_status_of(
    contact: Row[Any], now: datetime, *, room: Room | None = None, closing: Closing | None = None
) -> CurrentStatus:
    """Return the status of a contact: one that waits in a zone that is closed now is held until it opens.

    `room` is its campaign's: a contact that is due and not dialed waits for it. `closing` is that of its campaign's
    hours at this moment, for whoever asks about many contacts.
    """
    if contact.status not in CLAIMABLE:
        return CurrentStatus(contact.status, contact.reason, None)
    if contact.status == ContactStatus.HELD:
        return CurrentStatus(ContactStatus.HELD, contact.reason, contact.until)
    if not contact.ignore_hours:
        closing = closing or closing_at(hours_in_force(contact.calling_hours, contact.purpose), now)
        if held := closing(contact.zone):
            return held
    if room and room.lacks and contact.until and contact.until <= now:
        until = None if room.lacks is Reason.DIALING_STOPPED else now + timedelta(seconds=room.wait_s)
        return CurrentStatus(ContactStatus.WAITING, room.lacks, until)
    return CurrentStatus(ContactStatus.WAITING, contact.reason, contact.until)


def closing_at(hours: CallingHours, now: datetime) -> Closing:
    """Return what says how contacts stand that wait in a zone which is closed now; each zone is looked at once."""

    @cache
    def closing(zone: str) -> CurrentStatus | None:
        if is_open(hours, zone, now):
            return None
        return CurrentStatus(ContactStatus.HELD, closed_reason(hours, zone, now), next_opening(hours, zone, now))

    return closing
