"""The checks of the law of the place where the person is: its hours and its holidays."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

from orchestrator.policy.calling_hours import is_open, is_zone_unknown
from orchestrator.policy.gate.answers import Hold
from orchestrator.policy.gate.check import Check, Facts, Source
from orchestrator.policy.gate.common_hours import hold_closed, is_enforced, law_zone_key
from orchestrator.policy.gate.facts import GateFacts
from orchestrator.policy.hold_reasons import Reason
from orchestrator.policy.law.kinds import Kind
from orchestrator.policy.law.law import Law
from orchestrator.policy.zones.zone_names import zone_info, zones_of


def _says(facts: GateFacts, now: datetime) -> Reason | None:
    """Return what the law of the person's place has against a call at `now`, whether a campaign obeys it or not."""
    return _verdict(facts.law, law_zone_key(facts), now.replace(second=0, microsecond=0)) if facts.law else None


def sources_of(law: Law | None, *kinds: Kind) -> Sequence[Source]:
    """Return where the rules of these kinds are written, the strictest and the others."""
    rows = [rule.row for rule in law.of(*kinds)] if law else []
    return [Source(row.source, row.as_of, row.confidence.value) for row in rows]


# Hours and holidays change with the minute at most, and a claim asks for many contacts of one place at once.
@lru_cache(maxsize=16_384)
def _verdict(law: Law, zone_key: str, minute: datetime) -> Reason | None:
    if law.is_never_open:
        return Reason.LAW_HOURS
    if law.week is None or law.hours is None:
        return None
    if is_zone_unknown(law.week, zone_key, minute):
        return Reason.ZONE_UNKNOWN
    if not is_open(law.week, zone_key, minute):
        return Reason.LAW_HOURS
    return None if is_open(law.hours, zone_key, minute) else Reason.LAW_HOLIDAY


def _of_hours(facts: GateFacts, now: datetime) -> Reason | None:
    reason = _says(facts, now)
    return None if reason is Reason.LAW_HOLIDAY else reason


def _of_holidays(facts: GateFacts, now: datetime) -> Reason | None:
    reason = _says(facts, now)
    return reason if reason is Reason.LAW_HOLIDAY else None


def _law_hours(facts: GateFacts, now: datetime) -> Hold | None:
    reason = _of_hours(facts, now) if is_enforced(facts) else None
    return hold_closed(reason, facts, now) if reason else None


def _law_holiday(facts: GateFacts, now: datetime) -> Hold | None:
    reason = _of_holidays(facts, now) if is_enforced(facts) else None
    return hold_closed(reason, facts, now) if reason else None


def _hours_facts(facts: GateFacts, now: datetime) -> Facts:
    return {
        **_about(facts, _of_hours(facts, now)),
        "windows": {
            rule.pack: [window.model_dump(mode="json") for window in rule.row.value]
            for rule in (facts.law.of(Kind.WINDOW) if facts.law else ())
        },
    }


def _holiday_facts(facts: GateFacts, now: datetime) -> Facts:
    days = facts.law.holidays if facts.law else {}
    here = {now.astimezone(zone_info(zone)).date() for zone in zones_of(law_zone_key(facts))}
    named = {day.isoformat(): days[day] for day in sorted(here & days.keys())}
    return {**_about(facts, _of_holidays(facts, now)), "holidays": named}


def _about(facts: GateFacts, reason: Reason | None) -> Facts:
    """Return what both checks were judged by; `would_hold` is what the law says, obeyed or not."""
    law = facts.law
    return {
        "mode": facts.law_mode.value,
        "ignored": facts.ignore_hours,
        "regions": list(law.regions) if law else [],
        "purpose": law.purpose.value if law else None,
        "voice": law.voice.value if law and law.voice else None,
        "zones": law_zone_key(facts),
        "would_hold": reason.value if reason else None,
    }


LAW = (
    Check("law_hours", _law_hours, _hours_facts, lambda facts: sources_of(facts.law, Kind.WINDOW)),
    Check("law_holiday", _law_holiday, _holiday_facts, lambda facts: sources_of(facts.law, Kind.HOLIDAYS)),
)
"""The checks of the law, in the order in which they are asked."""
