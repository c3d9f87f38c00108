"""Counts contacts by where they stand at a moment: who waits in a zone that is closed is held."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from orchestrator.model.contact_status import ContactStatus
from orchestrator.policy.calling_hours import closed_reason, is_open
from orchestrator.policy.campaign_rules import CallingHours
from orchestrator.policy.hold_reasons import Reason
from orchestrator.store.sql.dial_checks import hours_of
from orchestrator.store.sql.tallies import Tally


@dataclass(frozen=True)
class ContactCounts:
    """How many contacts stand where, and why the held ones are."""

    by_status: Counter[str] = field(default_factory=Counter)
    held_by_reason: Counter[str] = field(default_factory=Counter)


def count_contacts(tally: Sequence[Tally], hours: CallingHours, now: datetime) -> ContactCounts:
    """Return the standings of one campaign's contacts, tallied by [status, reason or zone]."""
    standings = ContactCounts()
    for (status, detail), n in tally:
        reason = _closed(hours, detail or "", now) if status == ContactStatus.WAITING else None
        standings.by_status[ContactStatus.HELD if reason else str(status)] += n
        if reason or status == ContactStatus.HELD:
            standings.held_by_reason[reason or detail or "unknown"] += n
    return standings


def count_all_contacts(rows: Iterable[tuple[str, Tally]], now: datetime) -> ContactCounts:
    """Return the standings over many campaigns; each row is a campaign's calling hours as JSON, and a tally of it."""
    by_hours: dict[str, list[Tally]] = {}
    for hours, tally in rows:
        by_hours.setdefault(hours, []).append(tally)
    whole = ContactCounts()
    for hours, tallies in by_hours.items():
        part = count_contacts(_added_up(tallies), hours_of(hours), now)
        whole.by_status.update(part.by_status)
        whole.held_by_reason.update(part.held_by_reason)
    return whole


def _added_up(tallies: Iterable[Tally]) -> list[Tally]:
    """Return one tally for each kind: hours that many campaigns share are asked once for each zone."""
    counts = Counter[tuple[str | None, ...]]()
    for parts, n in tallies:
        counts[tuple(parts)] += n
    return [Tally(list(parts), n) for parts, n in counts.items()]


def _closed(hours: CallingHours, zone: str, now: datetime) -> Reason | None:
    return None if is_open(hours, zone, now) else closed_reason(hours, zone, now)
