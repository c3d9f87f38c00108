"""The checks of the law of the place where the person is: its hours and its holidays."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

from orchestrator.policy.calling_hours import is_open, is_zone_unknown, next_opening, week_of
from orchestrator.policy.gate.answers import Hold
from orchestrator.policy.gate.check import Check, Facts, Source
from orchestrator.policy.gate.facts import GateFacts
from orchestrator.policy.hold_reasons import Reason
from orchestrator.policy.law.kinds import Kind
from orchestrator.policy.law.law import Law
from orchestrator.policy.law.setting import LawMode
from orchestrator.policy.weekly_hours import CallingHours
from orchestrator.policy.zones.zone_names import zone_info, zones_of


class LawVerdict(NamedTuple):
    """What the law says at a moment, whether a campaign obeys it or not; None where it has nothing against a call."""

    hours: Hold | None = None
    holiday: Hold | None = None


def law_verdict(facts: GateFacts, now: datetime) -> LawVerdict:
    """Return what the law of the person's place says about a call at `now`, for whoever warns of it."""
    if facts.law is None:
        return LawVerdict()
    return _verdict(facts.law, _zone_key(facts), now.replace(second=0, microsecond=0))


def _zone_key(facts: GateFacts) -> str:
    return facts.law_zone_key or facts.zone_key


def sources_of(law: Law | None, *kinds: Kind) -> Sequence[Source]:
    """Return where the rules of these kinds are written, the strictest and the others."""
    rows = [rule.row for rule in law.of(*kinds)] if law else []
    return [Source(row.source, row.as_of, row.confidence.value) for row in rows]


# Hours and holidays change with the minute at most, and a claim asks for many contacts of one place at once.
@lru_cache(maxsize=16_384)
def _verdict(law: Law, zone_key: str, minute: datetime) -> LawVerdict:
    if law.is_never_open:
        return LawVerdict(hours=Hold(Reason.LAW_HOURS, None))
    if law.week is None or law.hours is None:
        return LawVerdict()
    if is_zone_unknown(law.week, zone_key, minute):
        return LawVerdict(hours=Hold(Reason.ZONE_UNKNOWN, None))
    if not is_open(law.week, zone_key, minute):
        return LawVerdict(hours=Hold(Reason.LAW_HOURS, next_opening(law.hours, zone_key, minute)))
    if not is_open(law.hours, zone_key, minute):
        return LawVerdict(holiday=Hold(Reason.LAW_HOLIDAY, next_opening(law.hours, zone_key, minute)))
    return LawVerdict()


def never_meet(facts: GateFacts, now: datetime) -> bool:
    """Return whether the campaign's hours and those of the law, which binds it, have no minute of a week in common.

    Holidays are left out: they shorten both. False where the zones are not known.
    """
    if facts.law is None or not _is_enforced(facts):
        return False
    return _never_meet(facts.calling_hours, facts.zone_key, facts.law, _zone_key(facts), now.year)


@lru_cache(maxsize=4_096)
def _never_meet(hours: CallingHours, zone_key: str, law: Law, law_zone_key: str, year: int) -> bool:
    if law.week is None:
        return False
    # Clocks are set on other days in other places: two places may share an hour for a week of spring alone.
    days = [datetime(year, month, day, 12, tzinfo=UTC) for month in range(1, 13) for day in (1, 15, 28)]
    if is_zone_unknown(hours, zone_key, days[0]) or is_zone_unknown(law.week, law_zone_key, days[0]):
        return False
    return not any(week_of(hours, zone_key, day) & week_of(law.week, law_zone_key, day) for day in days)


def _is_enforced(facts: GateFacts) -> bool:
    return facts.law_mode is LawMode.ENFORCE and not facts.ignore_hours


def _law_hours(facts: GateFacts, now: datetime) -> Hold | None:
    hold = law_verdict(facts, now).hours if _is_enforced(facts) else None
    return Hold(Reason.NO_COMMON_HOURS, None) if hold and never_meet(facts, now) else hold


def _law_holiday(facts: GateFacts, now: datetime) -> Hold | None:
    return law_verdict(facts, now).holiday if _is_enforced(facts) else None


def _hours_facts(facts: GateFacts, now: datetime) -> Facts:
    return {
        **_about(facts, law_verdict(facts, now).hours),
        "windows": {
            rule.pack: [window.model_dump(mode="json") for window in rule.row.value]
            for rule in (facts.law.of(Kind.WINDOW) if facts.law else ())
        },
    }


def _holiday_facts(facts: GateFacts, now: datetime) -> Facts:
    days = facts.law.holidays if facts.law else {}
    here = {now.astimezone(zone_info(zone)).date() for zone in zones_of(_zone_key(facts))}
    named = {day.isoformat(): days[day] for day in sorted(here & days.keys())}
    return {**_about(facts, law_verdict(facts, now).holiday), "holidays": named}


def _about(facts: GateFacts, verdict: Hold | None) -> Facts:
    """Return what both checks were judged by; `would_hold` is what the law says, obeyed or not."""
    law = facts.law
    return {
        "mode": facts.law_mode.value,
        "ignored": facts.ignore_hours,
        "regions": list(law.regions) if law else [],
        "purpose": law.purpose.value if law else None,
        "voice": law.voice.value if law and law.voice else None,
        "zones": _zone_key(facts),
        "would_hold": verdict.reason.value if verdict else None,
    }


LAW = (
    Check("law_hours", _law_hours, _hours_facts, lambda facts: sources_of(facts.law, Kind.WINDOW)),
    Check("law_holiday", _law_holiday, _holiday_facts, lambda facts: sources_of(facts.law, Kind.HOLIDAYS)),
)
"""The checks of the law, in the order in which they are asked."""
