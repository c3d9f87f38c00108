"""Finds contacts, each with its status, the reason why it waits, and until when."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Engine, Row

from orchestrator.clock import Clock
from orchestrator.errors import FieldError, InvalidInput, NotFound
from orchestrator.model.contact_status import CLAIMABLE, ContactStatus
from orchestrator.policy.calling_hours import closed_reason, is_open, next_opening
from orchestrator.policy.campaign_rules import CallingHours
from orchestrator.policy.hold_reasons import Reason
from orchestrator.policy.hours_in_force import hours_in_force
from orchestrator.store.redis.rate_limiter import Room
from orchestrator.store.sql import campaigns, contacts
from orchestrator.store.sql.contact_filters import ShownReason, selected, shown_as, standing
from orchestrator.store.sql.pagination import Listed


@dataclass(frozen=True)
class CurrentStatus:
    """A contact's status at a moment; `until` is when it is checked again, None where it waits for somebody."""

    status: str
    reason: str | None
    until: datetime | None


_UNTIL_SOMEBODY_ACTS = (Reason.DIALING_STOPPED, Reason.CAMPAIGN_PAUSED, Reason.CAMPAIGN_NOT_STARTED)
_OF_ROOM = (
    *_UNTIL_SOMEBODY_ACTS,
    Reason.FIRST_WEBHOOK,
    Reason.CATCHING_UP,
    Reason.CARRIER_UNAVAILABLE,
    Reason.RATE,
    Reason.NO_CAPACITY,
)
_WITHIN_A_CAMPAIGN: Mapping[str, str] = {
    Reason.OUTSIDE_HOURS: "who waits for calling hours to begin is found within one campaign: name its campaign_id",
    **dict.fromkeys(_OF_ROOM, "who waits for that at this moment is found within one campaign: name its campaign_id"),
}

Closing = Callable[[str], CurrentStatus | None]
"""How contacts stand that wait in a zone; None where the zone is open."""


def find_contact(contact_id: str, *, sql: Engine) -> Row[Any]:
    """Return a contact; raise NotFound for none."""
    with sql.connect() as tx:
        row = contacts.find_contact(tx, contact_id)
    if row is None:
        raise NotFound("contact", contact_id)
    return row


def list_contacts(
    filters: Mapping[str, Any],
    *,
    after: str | None,
    limit: int,
    room: Room | None = None,
    sql: Engine,
    clock: Clock,
) -> Listed:
    """Return a page of contacts, newest first.

    With a campaign in the filters, status and reason are those that are shown: contacts that wait in a closed zone
    count as held, and those that are due wait for what `room`, that of the campaign, lacks. Without one they are what
    is stored. Raises InvalidInput for a reason that can only be said within a campaign.
    """
    page: dict[str, Any] = {"after": after, "limit": limit}
    with sql.connect() as tx:
        now = _as_shown(tx, filters, room, now=clock())
        if now is None:
            return contacts.list_contacts(tx, filters, **page)
        others = {name: value for name, value in now.others.items() if name != "campaign_id"}
        if now.reason is not None:
            of = (filters["campaign_id"], now.reason, others)
            standing_so = [standing(now.statuses_and_zones)] if "status" in filters else []
            return contacts.list_by_current_reason(tx, *of, standing_so=standing_so, **page)
        return contacts.list_by_current_status(tx, filters["campaign_id"], now.statuses_and_zones, others, **page)


def conditions_of(
    tx: Connection, filters: Mapping[str, Any], *, room: Room | None, now: datetime
) -> list[ColumnElement[bool]]:
    """Return the conditions of filters, which mean what they mean for `list_contacts`."""
    shown = _as_shown(tx, filters, room, now=now)
    if shown is None:
        return selected(filters)
    of_status = [standing(shown.statuses_and_zones)] if "status" in filters else []
    of_reason = [shown_as(shown.reason)] if shown.reason else []
    return [*of_status, *of_reason, *selected(shown.others)]


class _AsShown(NamedTuple):
    """What status and reason of filters mean in a campaign at a moment, and what else the filters say.

    `statuses_and_zones` are those of the status.
    """

    statuses_and_zones: list[tuple[str, str]]
    reason: ShownReason | None
    others: dict[str, Any]


def _as_shown(tx: Connection, filters: Mapping[str, Any], room: Room | None, *, now: datetime) -> _AsShown | None:
    """Return what status and reason mean; None where they mean what is stored."""
    campaign_id, status, reason = (filters.get(name, "") for name in ("campaign_id", "status", "reason"))
    if reason in _WITHIN_A_CAMPAIGN and not campaign_id:
        raise InvalidInput([FieldError("?reason", "campaign_required", _WITHIN_A_CAMPAIGN[reason])])
    campaign = campaigns.find_campaign(tx, campaign_id) if status or reason else None
    if campaign is None:
        return None
    hours = hours_in_force(campaign.calling_hours, campaign.purpose)
    zones = campaigns.list_zones(tx, campaign_id)
    pairs = _statuses_and_zones(status, zones, hours, now) if status else []
    others = {name: value for name, value in filters.items() if name not in ("status", "reason")}
    return _AsShown(pairs, _shown_reason(reason, zones, hours, room, now) if reason else None, others)


def _shown_reason(
    reason: str, zones: Sequence[str], hours: CallingHours, room: Room | None, now: datetime
) -> ShownReason:
    opened = [zone for zone in zones if is_open(hours, zone, now)]
    closed = [zone for zone in zones if zone not in opened and closed_reason(hours, zone, now) == reason]
    return ShownReason(reason, closed, opened, room.lacks if room else None, now)


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
        is_known = room.wait_s or room.lacks not in _UNTIL_SOMEBODY_ACTS
        until = now + timedelta(seconds=room.wait_s) if is_known else None
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
