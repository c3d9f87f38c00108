"""A flow that gives up ringing too soon is taken in, with a warning: no campaign and no single call may use it."""

from __future__ import annotations

import pytest

from orchestrator.flow import check_flow, load_flow

FLOW = "name: a\ndial: {dial}\nstart: bye\nsteps:\n  bye: {{hangup: {{}}}}\n"


@pytest.mark.parametrize("seconds", ["5", "6", "10", "14", '"10"'])
def test_a_flow_that_rings_for_less_than_15_seconds_is_warned_of(seconds: str) -> None:
    problems, [warning] = check_flow(FLOW.format(dial=f"{{timeout_secs: {seconds}}}"))

    assert problems == []
    assert (warning.line, warning.pointer) == (2, "/dial/timeout_secs")
    assert seconds.strip('"') + " s" in warning.detail and "at least 15" in warning.detail


@pytest.mark.parametrize("dial", ["{timeout_secs: 15}", "{timeout_secs: 600}", "{time_limit_secs: 60}", "{}"])
def test_a_flow_that_rings_long_enough_is_not_warned_of(dial: str) -> None:
    assert check_flow(FLOW.format(dial=dial)) == ([], [])


@pytest.mark.parametrize(
    "dial", ["{timeout_secs: 4}", "{timeout_secs: null}", "{timeout_secs: '{{ contact.phone }}'}", "[timeout_secs]"]
)
def test_what_is_no_time_of_ringing_stays_a_problem_of_its_own(dial: str) -> None:
    problems, warnings = check_flow(FLOW.format(dial=dial))

    assert problems and warnings == []


def test_a_stored_flow_that_rings_for_less_still_loads() -> None:
    assert load_flow(FLOW.format(dial="{timeout_secs: 5}")).dial_fields()["timeout_secs"] == 5
