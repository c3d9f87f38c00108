"""Explains why a campaign does not dial, or not faster: its contacts counted by what each of them waits for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import redis
from sqlalchemy import Engine, Row

from orchestrator.model.campaign_status import CampaignStatus
from orchestrator.model.contact_status import CLAIMABLE, ContactStatus
from orchestrator.operations.campaigns.create_campaign import found
from orchestrator.operations.dialing.find_dial_blockers import room_within
from orchestrator.policy.calling_hours import closed_reason, is_open, next_opening
from orchestrator.policy.campaign_rules import CallingHours, Pacing
from orchestrator.policy.hold_reasons import END_OF_CAMPAIGN, Reason, reason_of_wait
from orchestrator.policy.hours_in_force import hours_in_force
from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.rate_limiter import Room
from orchestrator.store.sql import campaigns
from orchestrator.store.sql.connections import find_connection
from orchestrator.store.sql.dial_ledger import database_now
from orchestrator.store.sql.dialing_stop import Stop, read_stop
from orchestrator.store.sql.tallies import Tally, read_tally
from orchestrator.store.sql.waiting_contacts import COUNTED_AT_MOST, Later, count_due, list_later

_DIALS_AT_ITS_LIMIT = (None, Reason.RATE, Reason.NO_CAPACITY)


@dataclass(frozen=True)
class Because:
    """How many contacts are not dialed for one reason, and when the next of them may be; None where nobody knows."""

    reason: Reason
    sentence: str
    contacts: int
    next_at: datetime | None


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


@dataclass(frozen=True)
class _Waiting:
    """What is known of the contacts of a running campaign; `by_zone` counts the waiting, `held` the held by reason."""

    hours: CallingHours
    now: datetime
    by_zone: Counter[str]
    held: Counter[str]
    calling: int
    later: Sequence[Later]
    due: int

    @property
    def open_now(self) -> int:
        return sum(n for zone, n in self.by_zone.items() if is_open(self.hours, zone, self.now))

    @property
    def later_of_open(self) -> int:
        """Return how many of the waiting in open zones are not due; from where counting ends on, by who is due."""
        counted = sum(each.later or 0 for each in self.later)
        is_counted = all((each.later or 0) < COUNTED_AT_MOST for each in self.later)
        return counted if is_counted or self.due >= COUNTED_AT_MOST else max(counted, self.open_now - self.due)


def explain_campaign(campaign_id: str, *, sql: Engine, client: redis.Redis, keys: Keys) -> CampaignExplained:
    """Return why contacts of a campaign are not dialed at this moment, most of them first; raise NotFound for none."""
    with sql.connect() as tx:
        campaign = found(campaigns.find_campaign(tx, campaign_id), campaign_id)
        stop, now = read_stop(tx), database_now(tx)
        tally = read_tally(tx, campaign_id, "contacts")
        account = find_connection(tx, campaign.connection_id)
        limits = _limits(campaign, account)
        whole = _of_the_campaign(campaign, tally, stop, now)
        if whole:
            return CampaignExplained(False, (whole,), limits)
        waiting = _read_waiting(tx, campaign, tally, now)
        paces = campaigns.running_paces(tx, [campaign_id])
    room = room_within(paces, is_stopped=False, client=client, keys=keys).get(campaign_id)
    lacks = room.lacks if room else Reason.REDIS
    has_work = waiting.calling > 0 or waiting.open_now > waiting.later_of_open
    because = sorted(_reasons(waiting, room), key=lambda each: -each.contacts)
    return CampaignExplained(has_work and lacks in _DIALS_AT_ITS_LIMIT, tuple(because), limits)


def _limits(campaign: Row[Any], account: Row[Any] | None) -> Limits:
    pacing = Pacing.model_validate(campaign.pacing)
    rates = [rate for rate in (pacing.calls_per_second, account and account.calls_per_second) if rate]
    channels = [most for most in (pacing.max_live_calls, account and account.max_live_calls) if most]
    code = str((campaign.status_reason or {}).get("code", ""))
    is_guard = campaign.status == CampaignStatus.PAUSED and (code.startswith("guard_") or code == "no_webhooks")
    return Limits(min(rates, default=None), min(channels, default=None), code if is_guard else None)


def _of_the_campaign(campaign: Row[Any], tally: Sequence[Tally], stop: Stop | None, now: datetime) -> Because | None:
    """Return what keeps all contacts of a campaign from being dialed, as the gate would say it of each."""
    undone = sum(n for (status, _), n in tally if status in CLAIMABLE)
    if end := END_OF_CAMPAIGN.get(campaign.status):
        return Because(end[1], end[1].sentence, undone, None)
    if campaign.ends_at and campaign.ends_at <= now:
        return Because(Reason.CAMPAIGN_ENDED, Reason.CAMPAIGN_ENDED.sentence, undone, None)
    if stop:
        return Because(Reason.DIALING_STOPPED, stop.sentence, undone, None)
    if campaign.status == CampaignStatus.PAUSED:
        why = (campaign.status_reason or {}).get("detail", "")
        return Because(Reason.CAMPAIGN_PAUSED, f"{Reason.CAMPAIGN_PAUSED.sentence} {why}".strip(), undone, None)
    if campaign.status != CampaignStatus.RUNNING:
        at = campaign.starts_at if campaign.status == CampaignStatus.SCHEDULED else None
        return Because(Reason.CAMPAIGN_NOT_STARTED, Reason.CAMPAIGN_NOT_STARTED.sentence, undone, at)
    return None


def _read_waiting(tx: Any, campaign: Row[Any], tally: Sequence[Tally], now: datetime) -> _Waiting:
    hours = hours_in_force(campaign.calling_hours, campaign.purpose)
    by_zone, held = Counter[str](), Counter[str]()
    for (status, detail), n in tally:
        if status == ContactStatus.WAITING:
            by_zone[detail or ""] += n
        if status == ContactStatus.HELD:
            held[detail or ""] += n
    zones = [zone for zone in by_zone if is_open(hours, zone, now)]
    return _Waiting(
        hours=hours,
        now=now,
        by_zone=by_zone,
        held=held,
        calling=sum(n for (status, _), n in tally if status == ContactStatus.CALLING),
        later=list_later(tx, campaign.id, zones),
        due=count_due(tx, campaign.id, zones),
    )


def _reasons(waiting: _Waiting, room: Room | None) -> Iterator[Because]:
    yield from _held(waiting)
    yield from _closed_zones(waiting)
    yield from _not_yet_due(waiting)
    yield from _next_in_line(waiting, room)


def _held(waiting: _Waiting) -> Iterator[Because]:
    next_at = {each.reason: each.next_at for each in waiting.later if each.status == ContactStatus.HELD}
    for code, contacts in waiting.held.items():
        reason = reason_of_wait(code)
        yield Because(reason, reason.sentence, contacts, next_at.get(code))


def _closed_zones(waiting: _Waiting) -> Iterator[Because]:
    """Yield who waits in a zone that is closed: the dispatcher leaves them, and the gate is not asked about them."""
    hours, now = waiting.hours, waiting.now
    contacts, openings = Counter[Reason](), dict[Reason, list[datetime]]()
    for zone, n in waiting.by_zone.items():
        if not is_open(hours, zone, now):
            reason = closed_reason(hours, zone, now)
            contacts[reason] += n
            opening = next_opening(hours, zone, now)
            openings.setdefault(reason, []).extend([opening] if opening else [])
    for reason, n in contacts.items():
        yield Because(reason, reason.sentence, n, min(openings[reason], default=None))


def _not_yet_due(waiting: _Waiting) -> Iterator[Because]:
    uncounted = waiting.later_of_open - sum(each.later or 0 for each in waiting.later)
    contacts, times = Counter[Reason](), dict[Reason, list[datetime]]()
    for each in waiting.later:
        if each.later and each.next_at:
            reason = reason_of_wait(each.reason)
            is_cut = each.later >= COUNTED_AT_MOST
            contacts[reason] += each.later + (uncounted if is_cut else 0)
            uncounted = 0 if is_cut else uncounted
            times.setdefault(reason, []).append(each.next_at)
    for reason, n in contacts.items():
        yield Because(reason, reason.sentence, n, min(times[reason]))


def _next_in_line(waiting: _Waiting, room: Room | None) -> Iterator[Because]:
    due = waiting.open_now - waiting.later_of_open
    lacks, wait_s = (room.lacks, room.wait_s) if room else (Reason.REDIS, 0.0)
    if due > 0 and lacks:
        yield Because(lacks, lacks.sentence, due, waiting.now + timedelta(seconds=wait_s) if wait_s else None)
