"""Decides what follows an ended attempt: another attempt at a given time, or the end of the contact."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from orchestrator.model.contact_status import ContactStatus
from orchestrator.model.disposition import Disposition, Fault
from orchestrator.policy.hold_reasons import Reason
from orchestrator.policy.retry_rules import RetryRule, RetryRules

_UNSPENT_TRIES = 5
_FIRST_DELAY = timedelta(seconds=30)
_LONGEST_DELAY = timedelta(hours=1)
_DELAY_AFTER_FAULT = timedelta(minutes=1)
MOST_FAULTS = 12  # some seven hours of them: a number that no route leads to keeps no campaign open for ever


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptFacts:
    """How an attempt ended, with the contact's history; all counts include this attempt and no withdrawn one.

    `suppressed` says that the number may no longer be dialed, by this call's own flow or otherwise; `left_out` that it
    was hung up while it rang, because it had left the list whose numbers alone are dialed. `fault` is what of
    the carrier's ended the attempt, which then is not among the spent ones; `unspent` counts those. `attempts_limit` is
    how many a person has asked for, the earlier ones counted: it stands instead of all that the rules allow.
    """

    disposition: Disposition
    outcome: str | None = None
    attempts_spent: int
    attempts_limit: int | None = None
    disposition_counts: Mapping[Disposition, int] = field(default_factory=dict)
    outcome_counts: Mapping[str, int] = field(default_factory=dict)
    suppressed: bool = False
    left_out: bool = False
    fault: Fault | None = None
    unspent: int = 0


@dataclass(frozen=True, slots=True)
class RetryAt:
    """Dial again from `at` on; the gate is checked again then."""

    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Final:
    """The contact has ended; `reason` is a disposition, an outcome or a `Reason`."""

    status: ContactStatus
    reason: str


def next_step(rules: RetryRules, facts: AttemptFacts, now: datetime) -> RetryAt | Final:
    """Return what follows: the outcome's rule, else the disposition's; without a rule the attempt was the last.

    An attempt that the carrier failed is made again without being spent (design §5: its own failure does not spend it).
    One that was hung up because its number had left the allow list is followed by the next that the gate permits.
    An attempt that is `unknown` is never followed by another. One that is final is completed when it reached somebody;
    when it did not, exhausted, or suppressed if the number is. One that a rule would repeat but the budget does not
    allow is exhausted.
    """
    if facts.disposition is Disposition.UNKNOWN:
        return Final(ContactStatus.UNKNOWN, Reason.UNKNOWN_ATTEMPT)
    if facts.fault is not None:
        return _after_fault(rules, facts, facts.fault, now)
    if facts.left_out and not facts.suppressed:
        return _after_left_out(rules, facts, now)
    found = _rule_for(rules, facts)
    if found is None:
        return _final_without_rule(facts)
    rule, count = found
    if facts.suppressed:
        return Final(ContactStatus.SUPPRESSED, Reason.SUPPRESSED)
    if not _has_budget(rules, rule, count, facts):
        return Final(ContactStatus.EXHAUSTED, Reason.ATTEMPTS_SPENT)
    return RetryAt(now + rule.delay_after(count), _way(facts))


def unspent_delay(tries: int) -> timedelta:
    """Return how long a contact is held after `tries` unspent tries in a row (R4): not before the fifth.

    From there on 30 s, doubled by each further try, at most an hour; the carrier's capacity never exhausts a contact.
    """
    if tries < _UNSPENT_TRIES:
        return timedelta(0)
    doublings = min(tries - _UNSPENT_TRIES, 10)
    return min(_LONGEST_DELAY, _FIRST_DELAY * (1 << doublings))


def _after_fault(rules: RetryRules, facts: AttemptFacts, fault: Fault, now: datetime) -> RetryAt | Final:
    """Return when an attempt that the carrier failed is made again: by the rule for `failed`, or 1 min, 2 min … 1 h."""
    if facts.suppressed:
        return Final(ContactStatus.SUPPRESSED, Reason.SUPPRESSED)
    rule = rules.on.get(Disposition.FAILED)
    most = rule.at_most if rule and rule.at_most is not None else MOST_FAULTS
    if fault is Fault.ROUTE and facts.unspent >= most:
        return Final(ContactStatus.EXHAUSTED, fault.value)
    return RetryAt(now + (rule.delay_after(facts.unspent) if rule else _fault_delay(facts.unspent)), fault.value)


def _after_left_out(rules: RetryRules, facts: AttemptFacts, now: datetime) -> RetryAt | Final:
    """Return that the gate is asked at once: the number may come onto the list again, and no rule is about that."""
    most = rules.most_attempts if facts.attempts_limit is None else facts.attempts_limit
    if facts.attempts_spent >= most:
        return Final(ContactStatus.EXHAUSTED, Reason.ATTEMPTS_SPENT)
    return RetryAt(now, Reason.NOT_ON_ALLOW_LIST)


def _fault_delay(count: int) -> timedelta:
    return min(_LONGEST_DELAY, _DELAY_AFTER_FAULT * (1 << min(max(count, 1) - 1, 10)))


def _rule_for(rules: RetryRules, facts: AttemptFacts) -> tuple[RetryRule, int] | None:
    if facts.outcome is not None and (rule := rules.on_outcome.get(facts.outcome)):
        return rule, max(1, facts.outcome_counts.get(facts.outcome, 1))
    if rule := rules.on.get(facts.disposition):
        return rule, max(1, facts.disposition_counts.get(facts.disposition, 1))
    return None


def _has_budget(rules: RetryRules, rule: RetryRule, count: int, facts: AttemptFacts) -> bool:
    spent = facts.attempts_spent
    if facts.attempts_limit is not None:
        return spent < facts.attempts_limit
    if rule.at_most is None:
        return spent < rules.max_attempts
    return count < rule.at_most and spent < max(rules.max_attempts, rule.at_most)


def _final_without_rule(facts: AttemptFacts) -> Final:
    reached = facts.disposition.has_reached_somebody
    if facts.suppressed and not reached:
        return Final(ContactStatus.SUPPRESSED, Reason.SUPPRESSED)
    return Final(ContactStatus.COMPLETED if reached else ContactStatus.EXHAUSTED, _way(facts))


def _way(facts: AttemptFacts) -> str:
    return facts.outcome or facts.disposition.value
