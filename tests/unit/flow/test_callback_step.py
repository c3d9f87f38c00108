"""The step `callback`: noted in the call, for its record."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.flows import Line
from tests.unit.flow.test_steps import on_line


def line_with(action: str, more: str = "") -> Line:
    return on_line(f"""
        outcomes: [promised]
        answers: {{when: null, never: null, past: null, nothing: null}}
        steps:
          first: {{set: {{when: "2099-03-01T15:00:00-05:00", never: soon, past: "2020-01-01T00:00:00Z"}}, goto: later}}
          later: {{callback: {action}, goto: {"again" if more else "bye"}}}
          {more}
          bye: {{hangup: {{}}, outcome: promised}}
    """)


def test_the_call_notes_the_time_and_the_note() -> None:
    call = line_with("{at: '{{ answers.when }}', note: 'said {{ answers.never }}'}").call

    assert call.callback is not None
    assert (call.callback.at.isoformat(), call.callback.note) == ("2099-03-01T20:00:00+00:00", "said soon")
    assert call.outcome == "promised"


def test_the_time_runs_from_the_step_and_a_later_step_moves_it() -> None:
    first = line_with("{after: 2h, note: first}").call.callback
    both = line_with("{after: 2h, note: first}", "again: {callback: {after: 1d}, goto: bye}").call.callback

    assert first is not None and both is not None
    assert both.note is None
    assert timedelta(hours=21) < both.at - first.at < timedelta(hours=23)


@pytest.mark.parametrize("at", ["{{ answers.never }}", "{{ answers.past }}", "{{ answers.nothing }}"])
def test_a_time_that_cannot_be_meant_fails_as_a_command_does(at: str) -> None:
    call = line_with(f"{{at: '{at}'}}").call

    assert call.callback is None
    assert (call.outcome, (call.error or {})["command"]) == ("error", "callback")
