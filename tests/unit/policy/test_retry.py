"""What follows an ended attempt."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.model.contact_status import ContactStatus
from orchestrator.model.disposition import Disposition
from orchestrator.policy.hold_reasons import Reason
from orchestrator.policy.retry import AttemptFacts, Final, RetryAt, next_step, unspent_delay
from orchestrator.policy.retry_rules import RetryRules

NOW = datetime(2027, 1, 4, 17, tzinfo=UTC)
DEFAULT = RetryRules()
ALERT = RetryRules.model_validate(
    {"on": {"busy": {"after": "10m"}}, "on_outcome": {"heard": {"after": ["2m", "5m"], "at_most": 20}}}
)


def ended(
    disposition: Disposition, outcome: str | None = None, *, spent: int = 1, suppressed: bool = False
) -> AttemptFacts:
    return AttemptFacts(
        disposition=disposition,
        outcome=outcome,
        attempts_spent=spent,
        disposition_counts={disposition: spent},
        outcome_counts={outcome: spent} if outcome else {},
        suppressed=suppressed,
    )


@pytest.mark.parametrize(
    ("disposition", "delay"),
    [
        (Disposition.BUSY, timedelta(minutes=10)),
        (Disposition.NO_ANSWER, timedelta(hours=3)),
        (Disposition.MACHINE, timedelta(days=1)),
    ],
)
def test_by_default_busy_no_answer_and_machine_are_called_again(disposition: Disposition, delay: timedelta) -> None:
    assert next_step(DEFAULT, ended(disposition), NOW) == RetryAt(NOW + delay, disposition.value)


@pytest.mark.parametrize("disposition", [Disposition.HUMAN, Disposition.ANSWERED])
def test_a_call_that_reached_somebody_and_is_not_listed_is_completed(disposition: Disposition) -> None:
    assert next_step(DEFAULT, ended(disposition, "confirmed"), NOW) == Final(ContactStatus.COMPLETED, "confirmed")


@pytest.mark.parametrize("rules", [DEFAULT, RetryRules.model_validate({"on": {"canceled": {"after": "1h"}}})])
@pytest.mark.parametrize(
    ("changes", "step"),
    [
        ({}, RetryAt(NOW, "not_on_allow_list")),
        ({"attempts_spent": 2, "attempts_limit": 2}, Final(ContactStatus.EXHAUSTED, "attempts_spent")),
        ({"attempts_spent": 3}, Final(ContactStatus.EXHAUSTED, "attempts_spent")),
        ({"suppressed": True}, Final(ContactStatus.SUPPRESSED, "suppressed")),
    ],
)
def test_who_left_the_allow_list_while_it_rang_is_asked_for_at_the_gate_whatever_the_rules_say(
    rules: RetryRules, changes: dict[str, Any], step: RetryAt | Final
) -> None:
    facts = replace(ended(Disposition.CANCELED), left_out=True, **changes)

    assert next_step(rules, facts, NOW) == step


def test_a_machine_that_is_not_listed_has_heard_the_message() -> None:
    only_busy = RetryRules.model_validate({"on": {"busy": {"after": "10m"}}})

    assert next_step(only_busy, ended(Disposition.MACHINE), NOW) == Final(ContactStatus.COMPLETED, "machine")


@pytest.mark.parametrize(
    "disposition",
    [Disposition.REJECTED, Disposition.NOT_FOUND, Disposition.FAILED, Disposition.FAX, Disposition.CANCELED],
)
def test_a_call_that_reached_nobody_and_is_not_listed_exhausts_with_its_reason(disposition: Disposition) -> None:
    assert next_step(DEFAULT, ended(disposition), NOW) == Final(ContactStatus.EXHAUSTED, disposition.value)


def test_the_last_attempt_of_the_budget_exhausts() -> None:
    assert isinstance(next_step(DEFAULT, ended(Disposition.BUSY, spent=2), NOW), RetryAt)
    assert next_step(DEFAULT, ended(Disposition.BUSY, spent=3), NOW) == Final(
        ContactStatus.EXHAUSTED, Reason.ATTEMPTS_SPENT
    )


def test_an_outcomes_rule_beats_the_dispositions() -> None:
    step = next_step(ALERT, ended(Disposition.BUSY, "heard"), NOW)

    assert step == RetryAt(NOW + timedelta(minutes=2), "heard")


def test_after_the_end_of_the_list_its_last_delay_repeats() -> None:
    steps = [next_step(ALERT, ended(Disposition.HUMAN, "heard", spent=n), NOW) for n in (1, 2, 3, 19)]

    assert steps == [RetryAt(NOW + timedelta(minutes=m), "heard") for m in (2, 5, 5, 5)]


def test_at_most_twenty_means_twenty_calls_and_no_more() -> None:
    step = next_step(ALERT, ended(Disposition.HUMAN, "heard", spent=20), NOW)

    assert step == Final(ContactStatus.EXHAUSTED, Reason.ATTEMPTS_SPENT)


def test_a_rules_own_at_most_may_also_be_smaller_than_the_budget() -> None:
    rules = RetryRules.model_validate({"max_attempts": 5, "on": {"machine": {"after": "1d", "at_most": 2}}})

    assert isinstance(next_step(rules, ended(Disposition.MACHINE, spent=1), NOW), RetryAt)
    assert isinstance(next_step(rules, ended(Disposition.MACHINE, spent=2), NOW), Final)


def test_a_suppressed_number_is_not_called_again() -> None:
    assert next_step(DEFAULT, ended(Disposition.BUSY, suppressed=True), NOW) == Final(
        ContactStatus.SUPPRESSED, Reason.SUPPRESSED
    )


def test_a_callee_who_opted_out_in_a_call_that_is_final_anyway_has_been_reached() -> None:
    step = next_step(DEFAULT, ended(Disposition.HUMAN, "opted_out", suppressed=True), NOW)

    assert step == Final(ContactStatus.COMPLETED, "opted_out")


def test_an_attempt_that_may_have_been_carried_out_is_never_followed_by_another() -> None:
    step = next_step(ALERT, ended(Disposition.UNKNOWN, "heard"), NOW)

    assert step == Final(ContactStatus.UNKNOWN, Reason.UNKNOWN_ATTEMPT)


def test_r4_unspent_tries_are_free_at_first_and_then_wait_longer_and_longer_up_to_an_hour() -> None:
    delays = [unspent_delay(tries) for tries in range(30)]

    assert delays[:5] == [timedelta(0)] * 5
    assert delays[5:9] == [timedelta(seconds=s) for s in (30, 60, 120, 240)]
    assert delays == sorted(delays)
    assert delays[-1] == timedelta(hours=1)


def test_r4_a_withdrawn_try_is_in_no_count_and_so_never_exhausts() -> None:
    spent_once_and_withdrawn_often = ended(Disposition.BUSY, spent=1)

    assert isinstance(next_step(DEFAULT, spent_once_and_withdrawn_often, NOW), RetryAt)
    assert unspent_delay(10_000) == timedelta(hours=1)


_RULES = st.fixed_dictionaries({"after": st.just("5m")}, optional={"at_most": st.integers(1, 12)})
_DISPOSITIONS = st.sampled_from([d for d in Disposition if d is not Disposition.UNKNOWN])
_OUTCOMES = st.sampled_from(["heard", "partial", None])


@given(
    most=st.integers(1, 6),
    on=st.dictionaries(_DISPOSITIONS, _RULES, max_size=4),
    on_outcome=st.dictionaries(st.sampled_from(["heard", "partial"]), _RULES, max_size=2),
    history=st.lists(st.tuples(_DISPOSITIONS, _OUTCOMES), min_size=40, max_size=40),
)
def test_no_history_of_calls_goes_beyond_the_one_budget(
    most: int,
    on: dict[Disposition, object],
    on_outcome: dict[str, object],
    history: list[tuple[Disposition, str | None]],
) -> None:
    rules = RetryRules.model_validate({"max_attempts": most, "on": on, "on_outcome": on_outcome})

    for spent in range(1, len(history) + 1):
        seen = history[:spent]
        facts = AttemptFacts(
            disposition=seen[-1][0],
            outcome=seen[-1][1],
            attempts_spent=spent,
            disposition_counts={d: [s[0] for s in seen].count(d) for d in Disposition},
            outcome_counts={o: [s[1] for s in seen].count(o) for o in ("heard", "partial")},
        )
        if isinstance(next_step(rules, facts, NOW), Final):
            break

    assert spent <= rules.most_attempts
