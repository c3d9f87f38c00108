"""The checks of how often a number is dialed, and how long it rests after a call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from orchestrator.policy.gate.answers import Hold
from orchestrator.policy.gate.check import Check, Source
from orchestrator.policy.gate.facts import GateFacts
from orchestrator.policy.hold_reasons import Reason
from orchestrator.policy.law.kinds import Kind
from orchestrator.policy.law.setting import LawMode

_ASK_AGAIN = timedelta(minutes=1)


def _rest_after_human(facts: GateFacts, now: datetime) -> Hold | None:
    return _resting(Reason.REST_AFTER_HUMAN, facts.last_human_at, facts.rest_after_human, now)


def _rest_after_abandoned(facts: GateFacts, now: datetime) -> Hold | None:
    return _resting(Reason.REST_AFTER_ABANDONED, facts.last_abandoned_at, facts.rest_after_abandoned, now)


def _number_day_limit(facts: GateFacts, now: datetime) -> Hold | None:
    dials, most = facts.number_dials_last_day, facts.number_day_limit
    return _capped(Reason.NUMBER_DAY_LIMIT, dials, most, facts.number_frees_at or now + _ASK_AGAIN)


def _number_week_limit(facts: GateFacts, now: datetime) -> Hold | None:
    dials, most = facts.number_dials_last_week, facts.number_week_limit
    return _capped(Reason.NUMBER_WEEK_LIMIT, dials, most, facts.number_week_frees_at or now + _ASK_AGAIN)


def _subject_day_limit(facts: GateFacts, now: datetime) -> Hold | None:
    dials, most = facts.subject_dials_last_day, facts.subject_day_limit
    return _capped(Reason.SUBJECT_DAY_LIMIT, dials, most, facts.subject_frees_at or now + _ASK_AGAIN)


def _resting(reason: Reason, since: datetime | None, rest: timedelta | None, now: datetime) -> Hold | None:
    over_at = since + rest if since and rest else None
    return Hold(reason, over_at) if over_at and over_at > now else None


def _capped(reason: Reason, dials: int, most: int | None, frees_at: datetime) -> Hold | None:
    return Hold(reason, frees_at) if most is not None and dials >= most else None


def said_by_law(kind: Kind, field: str) -> Callable[[GateFacts], Sequence[Source]]:
    """Return what finds the rules of the law, where it is enforced, that say a cap or a rest."""

    def sources(facts: GateFacts) -> Sequence[Source]:
        rules = facts.law.of(kind) if facts.law and facts.law_mode is LawMode.ENFORCE else ()
        rows = [rule.row for rule in rules if getattr(rule.row.value, field) is not None]
        return [Source(row.source, row.as_of, row.confidence.value) for row in rows]

    return sources


RESTS = (
    Check(
        "rest_after_human",
        _rest_after_human,
        lambda facts, _now: {"last_conversation_at": facts.last_human_at, "rest": facts.rest_after_human},
        said_by_law(Kind.REST, "after_human"),
    ),
    Check(
        "rest_after_abandoned",
        _rest_after_abandoned,
        lambda facts, _now: {"last_abandoned_at": facts.last_abandoned_at, "rest": facts.rest_after_abandoned},
        said_by_law(Kind.REST, "after_abandoned"),
    ),
)
CAPS = (
    Check(
        "number_day_limit",
        _number_day_limit,
        lambda facts, _now: {"dials_in_24h": facts.number_dials_last_day, "most": facts.number_day_limit},
        said_by_law(Kind.CAP, "per_number_24h"),
    ),
    Check(
        "number_week_limit",
        _number_week_limit,
        lambda facts, _now: {"dials_in_7d": facts.number_dials_last_week, "most": facts.number_week_limit},
        said_by_law(Kind.CAP, "per_number_7d"),
    ),
    Check(
        "subject_day_limit",
        _subject_day_limit,
        lambda facts, _now: {"dials_on_subject_in_24h": facts.subject_dials_last_day, "most": facts.subject_day_limit},
        said_by_law(Kind.CAP, "per_subject_24h"),
    ),
)
