"""Says what the contacts of a campaign wait for: counted by reason, with the time at which the next may be dialed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row

from orchestrator.model.campaign_status import CampaignStatus
from orchestrator.model.contact_status import CLAIMABLE, ContactStatus
from orchestrator.policy.calling_hours import closed_reason, is_open, next_opening
from orchestrator.policy.campaign_rules import CallingHours
from orchestrator.policy.hold_reasons import END_OF_CAMPAIGN, Reason, reason_of_wait
from orchestrator.policy.hours_in_force import hours_in_force
from orchestrator.store.redis.rate_limiter import Room
from orchestrator.store.sql.dialing_stop import Stop
from orchestrator.store.sql.tallies import Tally
from orchestrator.store.sql.waiting_contacts import COUNTED_AT_MOST, Later, count_due, list_later


@dataclass(frozen=True)
class Because:
    """How many contacts are not dialed for one reason, and when the next of them may be; None where nobody knows."""

    reason: Reason
    sentence: str
    contacts: int
    next_at: datetime | None


@dataclass(frozen=True)
class Waiting:
    """What is known of the contacts of a running campaign; `by_zone` counts the waiting, `held` the held by reason."""

    hours: CallingHours
    now: datetime
    by_zone: Counter[str]
    held: Counter[str]
    calling: int
    later: Sequence[Later]
    due: int
    most: int = COUNTED_AT_MOST  # counted of those who are due, and of those who are not for one reason

    @property
    def open_now(self) -> int:
        """Return how many of the waiting are in zones that are open."""
        return sum(n for zone, n in self.by_zone.items() if is_open(self.hours, zone, self.now))

    @property
    def later_of_open(self) -> int:
        """Return how many of the waiting in open zones are not due; from where counting ends on, by who is due."""
        counted = sum(each.later or 0 for each in self.later)
        is_counted = all((each.later or 0) < self.most for each in self.later)
        return counted if is_counted or self.due >= self.most else max(counted, self.open_now - self.due)


def why_campaign_waits(campaign: Row[Any], tally: Sequence[Tally], stop: Stop | None, now: datetime) -> Because | None:
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


def read_waiting(
    tx: Connection, campaign: Row[Any], tally: Sequence[Tally], now: datetime, *, most: int = COUNTED_AT_MOST
) -> Waiting:
    """Return what is known of a campaign's contacts at a moment; `tally` counts them by [status, reason or zone]."""
    hours = hours_in_force(campaign.calling_hours, campaign.purpose)
    by_zone = _of_status(tally, ContactStatus.WAITING)
    zones = [zone for zone in by_zone if is_open(hours, zone, now)]
    return Waiting(
        hours=hours,
        now=now,
        by_zone=by_zone,
        held=held_of(tally),
        calling=sum(n for (status, _), n in tally if status == ContactStatus.CALLING),
        later=list_later(tx, campaign.id, zones, most=most),
        due=count_due(tx, campaign.id, zones, most=most),
        most=most,
    )


def held_of(tally: Sequence[Tally]) -> Counter[str]:
    """Return how many contacts are held for each reason."""
    return _of_status(tally, ContactStatus.HELD)


def why_held(waiting: Waiting) -> Iterator[Because]:
    """Yield why contacts are held, those among them that wait in a zone which is closed."""
    next_at = {each.reason: each.next_at for each in waiting.later if each.status == ContactStatus.HELD}
    yield from _held(waiting.held, next_at)
    yield from _closed_zones(waiting.hours, waiting.by_zone, waiting.now)


def held_by_reason(
    tally: Sequence[Tally], hours: CallingHours, now: datetime, next_at: Mapping[str, datetime]
) -> dict[Reason, Because]:
    """Return why contacts are held, as stats do, for a campaign of a list; `next_at`: of those held, by reason."""
    in_zones = _of_status(tally, ContactStatus.WAITING)
    return by_reason([*_held(held_of(tally), next_at), *_closed_zones(hours, in_zones, now)])


def by_reason(found: Iterable[Because]) -> dict[Reason, Because]:
    """Return them most first; those who were held and those whose zone is closed may have the same reason."""
    merged: dict[Reason, Because] = {}
    for each in found:
        same = merged.get(each.reason, Because(each.reason, each.sentence, 0, None))
        times = [at for at in (same.next_at, each.next_at) if at]
        merged[each.reason] = Because(
            each.reason, each.sentence, same.contacts + each.contacts, min(times, default=None)
        )
    return dict(sorted(merged.items(), key=lambda item: -item[1].contacts))


def why_waiting(waiting: Waiting, room: Room | None) -> Iterator[Because]:
    """Yield why the others are not dialed at this moment; `room` is that of a campaign that runs."""
    yield from _not_yet_due(waiting)
    yield from _next_in_line(waiting, room)


def _of_status(tally: Sequence[Tally], wanted: ContactStatus) -> Counter[str]:
    found = Counter[str]()
    for (status, detail), n in tally:
        if status == wanted:
            found[detail or ""] += n
    return found


def _held(held: Mapping[str, int], next_at: Mapping[str, datetime | None]) -> Iterator[Because]:
    for code, contacts in held.items():
        reason = reason_of_wait(code)
        yield Because(reason, reason.sentence, contacts, next_at.get(code))


def _closed_zones(hours: CallingHours, by_zone: Mapping[str, int], now: datetime) -> Iterator[Because]:
    """Yield who waits in a zone that is closed: the dispatcher leaves them, and the gate is not asked about them."""
    contacts, openings = Counter[Reason](), dict[Reason, list[datetime]]()
    for zone, n in by_zone.items():
        if not is_open(hours, zone, now):
            reason = closed_reason(hours, zone, now)
            contacts[reason] += n
            opening = next_opening(hours, zone, now)
            openings.setdefault(reason, []).extend([opening] if opening else [])
    for reason, n in contacts.items():
        yield Because(reason, reason.sentence, n, min(openings[reason], default=None))


def _not_yet_due(waiting: Waiting) -> Iterator[Because]:
    uncounted = waiting.later_of_open - sum(each.later or 0 for each in waiting.later)
    contacts, times = Counter[Reason](), dict[Reason, list[datetime]]()
    for each in waiting.later:
        if each.later and each.next_at:
            reason = reason_of_wait(each.reason)
            is_cut = each.later >= waiting.most
            contacts[reason] += each.later + (uncounted if is_cut else 0)
            uncounted = 0 if is_cut else uncounted
            times.setdefault(reason, []).append(each.next_at)
    for reason, n in contacts.items():
        yield Because(reason, reason.sentence, n, min(times[reason]))


def _next_in_line(waiting: Waiting, room: Room | None) -> Iterator[Because]:
    due = waiting.open_now - waiting.later_of_open
    lacks, wait_s = (room.lacks, room.wait_s) if room else (Reason.REDIS, 0.0)
    if due > 0 and lacks:
        yield Because(lacks, lacks.sentence, due, waiting.now + timedelta(seconds=wait_s) if wait_s else None)
