"""The checks of how often a number is dialed, and how long it rests after a call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from orchestrator.policy.durations import parse_duration
from orchestrator.policy.gate.answers import Hold
from orchestrator.policy.gate.check import Check, Facts, Source
from orchestrator.policy.gate.facts import GateFacts
from orchestrator.policy.gate.limits import Author, limits_of_law
from orchestrator.policy.hold_reasons import Reason
from orchestrator.policy.law.kinds import Kind
from orchestrator.policy.law.law import Law
from orchestrator.policy.law.law_mode import LawMode

_ASK_AGAIN = timedelta(minutes=1)

_Judge = Callable[[GateFacts, Any, datetime], Hold | None]
"""What a check says under a limit: that in force, or that of a law which the campaign is only warned of."""
_Dials = tuple[int, datetime | None]
"""How many were counted, and when a place frees; None where nobody knows."""


def asked_law(facts: GateFacts) -> Law | None:
    """Return the law whose caps and rests are looked at: it binds, or the campaign is warned of it."""
    return None if facts.law_mode is LawMode.OFF else facts.law


def said_by_law(kind: Kind, field: str) -> Callable[[GateFacts], Sequence[Source]]:
    """Return what finds the rules of the law, where it is asked, that say a cap or a rest."""

    def sources(facts: GateFacts) -> Sequence[Source]:
        law = asked_law(facts)
        rows = [rule.row for rule in (law.of(kind) if law else ()) if getattr(rule.row.value, field) is not None]
        return [Source(row.source, row.as_of, row.confidence.value) for row in rows]

    return sources


def warned_of(facts: GateFacts, limit: Any, hold: Hold | None) -> Facts:
    """Return what a law that the campaign is only warned of says, and whether it would hold the contact."""
    if facts.law_mode is not LawMode.WARN or not limit:
        return {}
    return {"mode": facts.law_mode.value, "limit_of_law": limit, "would_hold": hold and hold.reason.value}


def _authors(facts: GateFacts, name: str, limit: Any) -> list[str]:
    """Return who says the limit that is in force."""
    law = facts.law if facts.law_mode is LawMode.ENFORCE else None
    by_law = getattr(limits_of_law(law), name) == limit
    by_us = [us_who_say(facts, name, limit)] if not by_law or getattr(facts.ours, name) == limit else []
    return [*([Author.LAW.value] if by_law else []), *by_us]


def us_who_say(facts: GateFacts, name: str, limit: Any) -> str:
    """Return whether the campaign's own caps say a limit, or those of the installation."""
    said = facts.own_caps.get(name)
    own = parse_duration(said) if isinstance(said, str) else said
    return (Author.CAMPAIGN if own == limit else Author.INSTALLATION).value


def _check(reason: Reason, judged: _Judge, counted: Callable[[GateFacts], Facts], rule: tuple[Kind, str]) -> Check:
    """Return the check that bears the name of its hold, as the fact does that is the limit in force."""
    kind, said_as = rule
    shown, named = ("most", said_as) if kind is Kind.CAP else ("rest", f"rest_{said_as}")

    def judge(facts: GateFacts, now: datetime) -> Hold | None:
        return judged(facts, getattr(facts, reason.value), now)

    def facts_of(facts: GateFacts, now: datetime) -> Facts:
        limit, laws = getattr(facts, reason.value), getattr(limits_of_law(asked_law(facts)), named)
        said_by = _authors(facts, named, limit) if limit is not None else []
        return {**counted(facts), shown: limit, "said_by": said_by, **warned_of(facts, laws, judged(facts, laws, now))}

    return Check(reason.value, judge, facts_of, said_by_law(kind, said_as))


def _rest(reason: Reason, counted_as: str, since: Callable[[GateFacts], datetime | None], said_as: str) -> Check:
    def judged(facts: GateFacts, rest: timedelta | None, now: datetime) -> Hold | None:
        began_at = since(facts)
        over_at = began_at + rest if began_at and rest else None
        return Hold(reason, over_at) if over_at and over_at > now else None

    return _check(reason, judged, lambda facts: {counted_as: since(facts)}, (Kind.REST, said_as))


def _cap(reason: Reason, counted_as: str, counted: Callable[[GateFacts], _Dials], said_as: str) -> Check:
    def judged(facts: GateFacts, most: int | None, now: datetime) -> Hold | None:
        dials, frees_at = counted(facts)
        return Hold(reason, frees_at or now + _ASK_AGAIN) if most is not None and dials >= most else None

    return _check(reason, judged, lambda facts: {counted_as: counted(facts)[0]}, (Kind.CAP, said_as))


RESTS: Final = (
    _rest(Reason.REST_AFTER_HUMAN, "last_conversation_at", lambda facts: facts.last_human_at, "after_human"),
    _rest(Reason.REST_AFTER_ABANDONED, "last_abandoned_at", lambda facts: facts.last_abandoned_at, "after_abandoned"),
)
CAPS: Final = (
    _cap(
        Reason.NUMBER_DAY_LIMIT,
        "dials_in_24h",
        lambda facts: (facts.number_dials_last_day, facts.number_frees_at),
        "per_number_24h",
    ),
    _cap(
        Reason.NUMBER_WEEK_LIMIT,
        "dials_in_7d",
        lambda facts: (facts.number_dials_last_week, facts.number_week_frees_at),
        "per_number_7d",
    ),
    _cap(
        Reason.SUBJECT_DAY_LIMIT,
        "dials_on_subject_in_24h",
        lambda facts: (facts.subject_dials_last_day, facts.subject_frees_at),
        "per_subject_24h",
    ),
)
