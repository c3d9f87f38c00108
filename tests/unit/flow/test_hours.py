"""Rule 10: hours by name, and `open('name')` in expressions; the time is handed in."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from orchestrator.flow import load_flow
from tests.support.flows import Line, flow_text, only_problem, problems_of

DESK = """
answers: {is_open: null}
hours:
  desk: {timezone: America/Chicago, windows: [{days: [mon-fri], start: 09:00, end: 17:00}], holidays: [2026-12-25]}
  night: {timezone: UTC, windows: [{days: [mon], start: "22:00", end: "02:00"}]}
steps:
  first:
    choose:
      - {when: "open('desk')", goto: agent}
      - {goto: sorry}
  agent: {set: {is_open: "{{ open('desk') and not open('night') }}"}, goto: hello}
  hello: {speak: {payload: Hello}, on: {call.speak.ended: bye}}
  sorry: {speak: {payload: "We are {{ 'open' if open('desk') else 'closed' }}."}, on: {call.speak.ended: bye}}
  bye: {hangup: {}}
"""
HOURS = "{timezone: America/Chicago, windows: [{days: [mon-fri], start: 09:00, end: 17:00}], holidays: [2026-12-25]}"


def called(*, at: str) -> Line:
    line = Line(flow_text(DESK))
    line.now = datetime.fromisoformat(at).replace(tzinfo=UTC)
    line.answer()
    return line


@pytest.mark.parametrize(
    ("at", "step"),
    [
        ("2026-03-02T15:04", "hello"),  # Monday 09:04 in Chicago
        ("2026-03-02T14:59", "sorry"),
        ("2026-03-02T22:59", "hello"),
        ("2026-03-02T23:00", "sorry"),
        ("2026-07-06T14:04", "hello"),  # summer: 09:04 there
        ("2026-03-07T16:00", "sorry"),  # Saturday
        ("2026-12-25T16:00", "sorry"),  # a holiday
    ],
)
def test_rule_10_open_asks_the_hours_in_their_own_zone_at_the_time_handed_in(at: str, step: str) -> None:
    assert called(at=at).call.step == step


def test_rule_10_open_may_stand_wherever_an_expression_may() -> None:
    assert called(at="2026-03-02T15:04").call.answers == {"is_open": True}
    assert called(at="2026-03-02T01:04").sent[0].body["payload"] == "We are closed."


@pytest.mark.parametrize(
    "call",
    ["closed('desk')", "open('desk', 1)", "open()", "open(contact.phone)", "open(name='desk')", "open(*answers)",
     "contact.open('desk')", "open('desk')('x')", "open(1)"],
)  # fmt: skip
def test_rule_11_every_other_call_stays_refused(call: str) -> None:
    problem = only_problem(flow_text(DESK.replace("\"open('desk')\"", f'"{call}"')))

    assert "calls cannot be used here" in problem.detail
    assert (problem.step, problem.line) == ("first", 13)


def test_hours_that_are_not_declared_are_told_with_step_and_line() -> None:
    problem = only_problem(flow_text(DESK.replace("\"open('desk')\"", "\"open('dask')\"")))

    assert (problem.step, problem.line) == ("first", 13)
    assert problem.detail == "there are no hours dask; say them under hours:; did you mean desk?"


def test_open_without_asking_is_no_name() -> None:
    assert "unknown: open" in only_problem(flow_text(DESK.replace("\"open('desk')\"", '"open"'))).detail


@pytest.mark.parametrize(
    ("hours", "detail"),
    [
        (HOURS.replace("America/Chicago", "America/Chicagoo"), "timezone: 'America/Chicagoo' is no IANA"),
        (HOURS.replace("America/Chicago", "contact"), "names one zone"),
        (HOURS.replace("timezone: America/Chicago, ", ""), "the hours desk need timezone"),
        ("{timezone: UTC}", "the hours desk need windows"),
        ("{timezone: UTC, windows: []}", "windows: 1 to 100 windows"),
        (HOURS.replace("09:00", "9am"), "start: '9am' is no time of day"),
        (HOURS.replace("09:00", "17:00"), "start and end are the same"),
        (HOURS.replace("mon-fri", "munday"), "'munday' is no day"),
        (HOURS.replace("start: 09:00, ", ""), "start is needed here"),
        (HOURS.replace("end:", "ends:"), "ends:"),
        (HOURS.replace("2026-12-25", "25.12.2026"), "'25.12.2026' is no date"),
        (HOURS.replace("holidays", "holiday"), "the hours desk has no holiday; did you mean holidays?"),
        ("[]", "the hours desk is a map"),
        ("{always: true}", "the hours desk has no always"),
    ],
)
def test_wrong_hours_are_told_where_they_stand(hours: str, detail: str) -> None:
    written = next(line for line in DESK.splitlines() if line.startswith("  desk:"))

    problems = problems_of(flow_text(DESK.replace(written, f"  desk: {hours}")))

    assert any(detail in problem.detail for problem in problems), [str(problem) for problem in problems]
    assert {problem.line for problem in problems} == {8}
    assert all(problem.pointer.startswith("/hours/desk") for problem in problems)


def test_hours_are_no_list() -> None:
    assert problems_of(flow_text(DESK.replace("hours:\n", "hours: [1]\nx:\n")))[0].detail.startswith("hours is a map")


def test_a_flow_without_hours_is_open_nowhere() -> None:
    flow = load_flow("name: a\nstart: bye\nsteps:\n  bye: {hangup: {}}")

    assert not flow.is_open("desk", datetime(2026, 3, 2, tzinfo=UTC))
