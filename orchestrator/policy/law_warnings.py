"""Says where a campaign, or the installation, does less than a rule of the law that no check of the gate holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from orchestrator.policy.law.kinds import Abandon, CallerIdShown, Kind
from orchestrator.policy.law.kinds import Registry as AskedRegistry
from orchestrator.policy.law.kinds import Retention as KeptByLaw
from orchestrator.policy.law.law import Law
from orchestrator.policy.law.rule import Rule
from orchestrator.policy.lists.registries import Registry
from orchestrator.policy.preflight import Finding
from orchestrator.policy.retention import Retention, is_kept_for_years

_GUARD_COUNTS: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Practice:
    """What is done about people of a campaign at a moment, as far as such rules ask.

    `abandon` is the share at which its guard pauses, None for none; `registries` are those that it asks, `unanswered`
    its caller ids that no flow answers.
    """

    at: datetime
    abandon: float | None
    registries: Sequence[Registry]
    retention: Retention
    unanswered: Sequence[str] = ()
    is_hidden: bool = False
    is_local_choice: bool = False


def law_warnings(done: Practice, law: Law) -> list[Finding]:
    """Return a warning for each rule of the law that asks for more than is done."""
    return [
        Finding(pointer, code, f"the law pack {rule.pack} {detail}")
        for kind, told in _TOLD.items()
        for rule in law.of(kind)
        for pointer, code, detail in told(done, law, rule)
    ]


_Told = Iterator[tuple[str, str, str]]


def _of_abandoned(done: Practice, _law: Law, rule: Rule) -> _Told:
    asked: Abandon = rule.row.value
    is_shorter = isinstance(asked.per, timedelta) and asked.per < _GUARD_COUNTS
    if done.abandon is not None and done.abandon * 100 <= asked.at_most_percent and not is_shorter:
        return
    allows = f"{asked.at_most_percent:g} % of abandoned calls" if asked.at_most_percent else "no abandoned call"
    pauses = f"pauses at {done.abandon:.3g} of the people of 30 days" if done.abandon is not None else "is off"
    yield "/guards/abandon", "abandon_by_law", f"allows {allows} ({rule.row.source}); the guard abandon {pauses}"


def _of_lists(done: Practice, law: Law, rule: Rule) -> _Told:
    asked: AskedRegistry = rule.row.value
    covering = [each for each in done.registries if each.covers(law.regions)]
    wants = f"asks for the {asked.registry}, in a copy of at most {asked.max_age.days} days ({rule.row.source})"
    if not covering:
        yield "/lists/registry", "list_asked_by_law", f"{wants}; the campaign asks no registry that covers such numbers"
    for each in covering:
        if each.max_age > asked.max_age:
            detail = f"{wants}; the max_age of {each.name} is {each.max_age.days} days"
            yield "/lists/registry", "list_age_by_law", detail
        if each.as_of and each.as_of + asked.max_age <= done.at:
            detail = f"{wants}; that of {each.name} is {(done.at - each.as_of).days} days old"
            yield "/lists/registry", "list_age_by_law", detail


def _of_records(done: Practice, _law: Law, rule: Rule) -> _Told:
    asked: KeptByLaw = rule.row.value
    for part, years in (("calls", asked.calls_years), ("consents", asked.consents_years)):
        span = getattr(done.retention, part)
        if years and span and not is_kept_for_years(span, years):
            detail = f"asks for records of {part} of {years} years ({rule.row.source}); the policy keeps them {span}"
            yield "", "retention_by_law", detail


def _of_caller_ids(done: Practice, _law: Law, rule: Rule) -> _Told:
    asked: CallerIdShown = rule.row.value
    if asked.shown and done.is_hidden:
        yield "/flow", "caller_id_by_law", f"asks that a number is shown ({rule.row.source}); the flow hides it"
    if asked.answered and done.unanswered:
        detail = f"asks that who calls back is answered ({rule.row.source}); no flow answers {_some(done.unanswered)}"
        yield "/caller_ids", "caller_id_by_law", detail
    if not asked.local_choice and done.is_local_choice:
        detail = f"allows no number that is chosen because it looks local ({rule.row.source}); the pool chooses so"
        yield "/caller_id_pool", "caller_id_by_law", detail


def _some(numbers: Sequence[str]) -> str:
    more = f" and {len(numbers) - 5} more" if len(numbers) > 5 else ""
    return ", ".join(numbers[:5]) + more


_TOLD: Final[Mapping[Kind, Callable[[Practice, Law, Rule], _Told]]] = MappingProxyType(
    {
        Kind.ABANDON: _of_abandoned,
        Kind.LIST: _of_lists,
        Kind.RETENTION: _of_records,
        Kind.CALLER_ID: _of_caller_ids,
    }
)
