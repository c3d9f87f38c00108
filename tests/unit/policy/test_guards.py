"""What each guard makes of a campaign's counts, at its edge."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from pydantic import ValidationError

from orchestrator.policy.guards.budget import Spend, cost_told
from orchestrator.policy.guards.judge import GuardCounts, Reading, State, judge, judge_lasting
from orchestrator.policy.guards.rules import Guard, Guards
from orchestrator.policy.purposes import Purpose

DOLLARS = {"total_cost": "0.0140", "cost_parts": [{"currency": "USD", "cost": "0.0140"}]}


def read(guard: Guard, *, guards: Any = None, purpose: Purpose = Purpose.SALES, **counts: Any) -> Reading:
    in_force = Guards.model_validate(guards or {}).in_force(purpose)
    return next(reading for reading in judge(in_force, None, GuardCounts(**counts)) if reading.guard is guard)


def abandoned(count: int, people: int, **more: Any) -> State:
    return read(Guard.ABANDON, abandoned=(count, people), **more).state


@pytest.mark.parametrize(
    ("count", "people", "expected"),
    [
        (0, 0, State.OK), (2, 2, State.OK), (3, 3, State.PAUSE), (2, 99, State.OK), (3, 99, State.PAUSE),
        (3, 131, State.PAUSE), (3, 132, State.PAUSE), (3, 133, State.WARN), (20, 1_000, State.OK),
        (21, 1_000, State.WARN), (29, 1_000, State.WARN), (30, 1_000, State.PAUSE), (31, 1_000, State.PAUSE),
    ],
)  # fmt: skip
def test_abandon_pauses_before_the_next_one_could_exceed_three_percent(
    count: int, people: int, expected: State
) -> None:
    assert abandoned(count, people) is expected


def test_row_38_of_thousand_people_thirty_were_abandoned() -> None:
    reading = read(Guard.ABANDON, abandoned=(30, 1_000))

    assert (reading.state, reading.guard.code, reading.share, reading.limit) == (
        State.PAUSE, "guard_abandon", 0.03, 0.03
    )  # fmt: skip
    assert reading.detail == (
        "30 of 1,000 (3.0 %) people who answered within 30 days were abandoned: the next one could exceed 3 %."
    )


@pytest.mark.parametrize("purpose", [Purpose.INTERNAL, Purpose.EMERGENCY])
def test_abandon_is_off_for_ones_own_staff_and_in_an_emergency_unless_the_campaign_asks_for_it(
    purpose: Purpose,
) -> None:
    assert abandoned(50, 100, purpose=purpose) is State.OFF
    assert abandoned(50, 100, purpose=purpose, guards={"abandon": {}}) is State.PAUSE
    assert read(Guard.SILENCE, silent=(50, 100), purpose=purpose).state is State.PAUSE


def test_a_share_is_taken_as_it_is_written() -> None:
    guards = {"abandon": {"pause": 0.29, "because": "a test of rounding"}}  # 0.29 * 100 is 28.999999999999996

    assert abandoned(28, 50, guards=guards) is not State.PAUSE


@pytest.mark.parametrize(
    ("count", "people", "expected"),
    [(10, 10, State.OK), (10, 200, State.OK), (11, 11, State.PAUSE), (11, 200, State.PAUSE)],
)
def test_silence_pauses_above_ten_of_the_last_two_hundred(count: int, people: int, expected: State) -> None:
    assert read(Guard.SILENCE, silent=(count, people)).state is expected


@pytest.mark.parametrize(
    ("count", "ended", "expected"), [(19, 19, State.OK), (9, 20, State.OK), (10, 20, State.PAUSE), (10, 21, State.OK)]
)
def test_failures_pause_at_half_of_twenty(count: int, ended: int, expected: State) -> None:
    assert read(Guard.FAILURES, failed=(count, ended)).state is expected


@pytest.mark.parametrize(
    ("count", "people", "expected"), [(99, 99, State.OK), (5, 100, State.OK), (6, 100, State.PAUSE), (6, 120, State.OK)]
)
def test_opt_outs_pause_above_five_percent_of_a_hundred(count: int, people: int, expected: State) -> None:
    assert read(Guard.OPT_OUTS, opted_out=(count, people)).state is expected


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ((), State.OK), ((0,), State.OK), ((0, 30, 30), State.OK), ((10, 30, 30, 30), State.OK),
        ((9, 30, 30, 30), State.PAUSE), ((9, 0, 30, 30, 60), State.PAUSE), ((0, 0, 0, 0), State.OK),
    ],
)  # fmt: skip
def test_no_answers_pauses_below_a_third_of_the_campaigns_own_median(answers: tuple[int, ...], expected: State) -> None:
    assert read(Guard.NO_ANSWERS, answers=answers).state is expected


def test_no_answers_waits_for_a_hundred_dials_since_the_resume() -> None:
    assert read(Guard.NO_ANSWERS, answers=(0, 30, 30, 30), is_newest_since=False).state is State.OK


@pytest.mark.parametrize("guard", [guard for guard in Guard if guard is not Guard.SPEND])
def test_a_guard_that_is_off_pauses_nothing(guard: Guard) -> None:
    counts = {"abandoned": (99, 100), "silent": (99, 100), "failed": (99, 100), "opted_out": (99, 100)}
    off = {guard.value: {"pause": None, "because": "measured elsewhere"}}

    reading = read(guard, guards=off, answers=(0, 30, 30, 30), **counts)

    assert (reading.state, reading.limit) == (State.OFF, None)
    assert read(guard, answers=(0, 30, 30, 30), **counts).state is State.PAUSE


@pytest.mark.parametrize(
    ("guard", "laxer", "stricter"),
    [
        ("abandon", 0.031, 0.02), ("silence", 0.06, 0.05), ("failures", 0.6, 0.1), ("opt_outs", 1.0, 0.001),
        ("no_answers", 0.3, 0.5),
    ],
)  # fmt: skip
def test_who_loosens_a_guard_says_why_and_who_tightens_it_need_not(guard: str, laxer: float, stricter: float) -> None:
    for share in (laxer, None):
        with pytest.raises(ValidationError) as failed:
            Guards.model_validate({guard: {"pause": share}})
        assert [error["loc"] for error in failed.value.errors()] == [(guard, "because")]

    loosened = Guards.model_validate({guard: {"pause": laxer, "because": " agreed with the client "}})
    assert loosened.loosened() == {f"guards.{guard}": "agreed with the client"}
    assert Guards.model_validate({guard: {"pause": stricter}}).loosened() == {}


@pytest.mark.parametrize(
    ("document", "where"),
    [
        ({"abandon": {"pause": 0}}, ("abandon", "pause")),
        ({"abandon": {"pause": 1.1, "because": "x"}}, ("abandon", "pause")),
        ({"abandon": {"pause": "0.03"}}, ("abandon", "pause")),
        ({"abandon": {"pause": 0.01, "warn": 0.015}}, ("abandon", "warn")),
        ({"silence": {"warn": 0.01}}, ("silence", "warn")),
        ({"silence": {"pause": 0.5, "because": ""}}, ("silence", "because")),
        ({"silence": {"pause": 0.5, "because": "x" * 501}}, ("silence", "because")),
        ({"silence": {"pause": 0.5, "because": "a\u202eb"}}, ("silence", "because")),
        ({"noise": {}}, ("noise",)),
        ({"failures": True}, ("failures",)),
    ],
)
def test_a_guard_that_is_written_wrongly_names_its_field(document: Any, where: tuple[str, ...]) -> None:
    with pytest.raises(ValidationError) as failed:
        Guards.model_validate(document)

    assert [error["loc"] for error in failed.value.errors()] == [where]


def spend(spent: str, *, today: str = "0", next_call: str = "0.02", **limits: str) -> Reading:
    counts = GuardCounts(spent=Fraction(spent), spent_today=Fraction(today), next_call=Fraction(next_call))
    [_, reading] = judge_lasting(Guards().in_force(Purpose.SALES), Spend(**limits), counts)  # type: ignore[arg-type]
    return reading


def test_spend_pauses_when_one_more_call_does_not_fit() -> None:
    assert spend("9.98", total="10.00").state is State.OK
    assert spend("9.980001", total="10.00").state is State.PAUSE
    assert spend("50", today="0.98", per_day="1.00").state is State.OK
    assert spend("50", today="0.99", per_day="1.00").state is State.PAUSE
    assert spend("9.99", today="0", per_day="1.00", total="10.00").detail == (
        "9.99 of 10.00 USD are spent in all: another call, estimated at 0.02, does not fit."
    )


@pytest.mark.parametrize(
    "document",
    [{}, {"per_day": 5}, {"total": 1.5}, {"total": "0"}, {"total": "-1"}, {"total": "1.0000001"}, {"total": "1e3"},
     {"total": "NaN"}, {"total": "1", "currency": "usd"}, {"total": "1", "per_month": "1"}],
)  # fmt: skip
def test_a_budget_that_is_no_exact_amount_is_refused(document: Any) -> None:
    with pytest.raises(ValidationError):
        Spend.model_validate(document)


@pytest.mark.parametrize(
    ("cost", "expected"),
    [
        (DOLLARS, "0.0140"), ({"total_cost": "0.0000"}, "0.0000"), ({"total_cost": 0.5}, "0.5"), (None, None),
        ({}, None),
        ({"total_cost": None}, None), ({"total_cost": "-1"}, None), ({"total_cost": "1e9"}, None),
        ({"total_cost": "much"}, None), ({"total_cost": "NaN"}, None), ({**DOLLARS, "cost_parts": "none"}, "0.0140"),
        ({**DOLLARS, "cost_parts": [{"currency": "EUR"}]}, None), ({**DOLLARS, "cost_parts": [7, {}]}, "0.0140"),
    ],
)  # fmt: skip
def test_a_cost_is_taken_exactly_or_not_at_all(cost: Any, expected: str | None) -> None:
    told = cost_told(cost, currency="USD")

    assert (None if told is None else str(told)) == expected
