"""Explains the gate's answer: all of its checks, asked to the end instead of to the first refusal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from orchestrator.policy.dial_gate import CHECKS, GateAnswer, GateFacts, Go, Hold, Never, judge
from orchestrator.policy.gate.check import Facts, Source
from orchestrator.policy.hold_reasons import Reason
from orchestrator.policy.law.law_mode import LawMode


class Verdict(StrEnum):
    """What the gate says of a contact: dial now, not now, or not any more."""

    GO = "go"
    HOLD = "hold"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Checked:
    """What one check said, and what it was judged by; `reason` and `until` are None where it passed."""

    check: str
    reason: Reason | None
    until: datetime | None
    facts: Facts
    sources: tuple[Source, ...] = ()

    @property
    def passed(self) -> bool:
        """Return whether this check lets the contact be dialed."""
        return self.reason is None


@dataclass(frozen=True, slots=True)
class Explanation:
    """The gate's answer and every check behind it, in the order in which they are asked."""

    answer: GateAnswer
    checks: tuple[Checked, ...]

    @property
    def verdict(self) -> Verdict:
        """Return the answer in one word."""
        match self.answer:
            case Go():
                return Verdict.GO
            case Hold():
                return Verdict.HOLD
            case Never():
                return Verdict.NEVER

    @property
    def reason(self) -> Reason | None:
        """Return why the contact is not dialed; None where it may be."""
        return None if isinstance(self.answer, Go) else self.answer.reason

    @property
    def until(self) -> datetime | None:
        """Return when a hold ends; None where no time is known or no hold is in force."""
        return self.answer.until if isinstance(self.answer, Hold) else None

    def followed_by(self, further: Iterable[Checked]) -> Explanation:
        """Return this explanation with checks that are asked once the gate has let the contact pass."""
        checks = tuple(further)
        refusal = next((each for each in checks if each.reason), None)
        if not isinstance(self.answer, Go) or refusal is None or refusal.reason is None:
            return replace(self, checks=self.checks + checks)
        return Explanation(Hold(refusal.reason, refusal.until), self.checks + checks)


def explain(facts: GateFacts, now: datetime) -> Explanation:
    """Return the answer of `may_dial` with all of its checks; the answer is that of the first that does not pass."""
    answers = [judge(check, facts, now) for check in CHECKS]
    checks = tuple(
        Checked(
            check.name,
            answer.reason if answer else None,
            answer.until if isinstance(answer, Hold) else None,
            {**check.facts(facts, now), **_lift_of(check.name, facts)},
            tuple(check.sources(facts)),
        )
        for check, answer in zip(CHECKS, answers, strict=True)
    )
    return Explanation(next((answer for answer in answers if answer), Go()), checks)


class Warned(NamedTuple):
    """What the law would hold a contact for that is dialed all the same, and where that is written."""

    reason: Reason
    sources: tuple[str, ...]


def warned_of(facts: GateFacts, now: datetime) -> tuple[Warned, ...]:
    """Return what a law that the campaign is only warned of says against a dial."""
    if facts.law_mode is not LawMode.WARN:
        return ()
    told = ((check, check.facts(facts, now).get("would_hold")) for check in CHECKS)
    return tuple(Warned(Reason(code), _written(check.sources(facts))) for check, code in told if code)


def _written(sources: Iterable[Source]) -> tuple[str, ...]:
    return tuple(sorted({each.source for each in sources}))


def _lift_of(check: str, facts: GateFacts) -> Facts:
    """Return who has lifted what a check holds for, and why; checks that can be lifted bear the name of their hold."""
    lift = next((each for each in facts.lifts if check in each.holds), None)
    return {"lifted_by": lift.by, "lifted_because": lift.because, "lifted_at": lift.at} if lift else {}
