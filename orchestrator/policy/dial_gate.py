"""The gate: may this contact be dialed at this moment? Asked at the claim and once more right before the send.

The checks are in two tables. Those with a permanent answer come first: a contact that can never be dialed is not
shown as waiting for a pause to end.
"""

from __future__ import annotations

from datetime import datetime

from orchestrator.policy.gate.answers import GateAnswer, Go, Hold, Never
from orchestrator.policy.gate.check import Check
from orchestrator.policy.gate.facts import GateFacts
from orchestrator.policy.gate.refusals import FOR_EVER
from orchestrator.policy.gate.waits import FOR_NOW

__all__ = ["CHECKS", "GateAnswer", "GateFacts", "Go", "Hold", "Never", "judge", "may_dial"]

CHECKS: tuple[Check, ...] = (*FOR_EVER, *FOR_NOW)
"""All checks, in the order in which they are asked."""


def may_dial(facts: GateFacts, now: datetime) -> GateAnswer:
    """Return Go, Hold with its reason and time, or Never with the contact's final status: the first that is not Go.

    A hold never outlasts the contact's not_after or the campaign's ends_at: at that time the answer becomes Never.
    """
    for check in CHECKS:
        if answer := check.judge(facts, now):
            return _bounded(answer, facts)
    return Go()


def judge(check: Check, facts: GateFacts, now: datetime) -> Hold | Never | None:
    """Return what one check says; None where it lets the contact pass."""
    answer = check.judge(facts, now)
    return _bounded(answer, facts) if answer else None


def _bounded(answer: Hold | Never, facts: GateFacts) -> Hold | Never:
    if isinstance(answer, Hold):
        return Hold(answer.reason, _earliest(answer.until, facts.not_after, facts.ends_at))
    return answer


def _earliest(*moments: datetime | None) -> datetime | None:
    return min((moment for moment in moments if moment), default=None)
