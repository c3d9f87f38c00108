"""Counts contacts by status at a moment: a contact that waits in a closed zone counts as held."""

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
    """The number of contacts by status, and of held ones by reason."""

    by_status: Counter[str] = field(default_factory=Counter)
    held_by_reason: Counter[str] = field(default_factory=Counter)


def count_contacts(tally: Sequence[Tally], hours: CallingHours, now: datetime) -> ContactCounts:
    """Return the counts of one campaign's contacts from its tallies by [status, reason or zone]."""
    counts = ContactCounts()
    for (status, detail), n in tally:
        reason = _closed(hours, detail or "", now) if status == ContactStatus.WAITING else None
        counts.by_status[ContactStatus.HELD if reason else str(status)] += n
        if reason or status == ContactStatus.HELD:
            counts.held_by_reason[reason or detail or "unknown"] += n
    return counts


def count_all_contacts(rows: Iterable[tuple[str, Tally]], now: datetime) -> ContactCounts:
    """Return the counts of many campaigns; each row is calling hours (JSON text) and a tally of one campaign."""
    by_hours: dict[str, list[Tally]] = {}
    for hours, tally in rows:
        by_hours.setdefault(hours, []).append(tally)
    whole = ContactCounts()
    for hours, tallies in by_hours.items():
        part = count_contacts(_added_up(tallies), hours_of(hours), now)
        whole.by_status.update(part.by_status)
        whole.held_by_reason.update(part.held_by_reason)
    return whole


def by_status(counted: ContactCounts) -> dict[str, int]:
    """Return the number of contacts of each status, and their total."""
    counts = counted.by_status
    return {"total": counts.total(), **{status.value: counts[status] for status in ContactStatus}}


def _added_up(tallies: Iterable[Tally]) -> list[Tally]:
    """Return one tally for each kind, so that hours shared by many campaigns are judged once for each zone."""
    counts = Counter[tuple[str | None, ...]]()
    for parts, n in tallies:
        counts[tuple(parts)] += n
    return [Tally(list(parts), n) for parts, n in counts.items()]


def _closed(hours: CallingHours, zone: str, now: datetime) -> Reason | None:
    return None if is_open(hours, zone, now) else closed_reason(hours, zone, now)
