"""Rule 6: handlers of the whole flow, overridden by a step's own."""

from __future__ import annotations

import pytest

from tests.support.flows import Line, flow_text, only_problem, problems_of

WIDE = """
answers: {failed: null, digit: null}
outcomes: [left, broken]
on:
  call.dtmf.received:
    - {match: {digit: "0"}, outcome: left, goto: operator}
    - {set: {digit: "{{ event.digit }}"}}
  command.failed: {set: {failed: "{{ event.command }} {{ event.code }}"}, outcome: broken, goto: sorry}
steps:
  first: {speak: {payload: Hello}, on: {call.speak.ended: ask}}
  ask:
    gather_using_speak: {payload: Which}
    on: {call.gather.ended: own, command.failed: bye}
  own:
    speak: {payload: Own}
    on: {call.speak.ended: bye, call.dtmf.received: {set: {digit: own}}}
  operator: {speak: {payload: Operator}, on: {call.speak.ended: bye}}
  sorry: {speak: {payload: Sorry}, on: {call.speak.ended: bye}}
  bye: {hangup: {}}
"""
TEXT = flow_text(WIDE)


def at(step: str, text: str = TEXT) -> Line:
    line = Line(text)
    line.answer()
    line.accept()
    for event in {"first": [], "ask": ["call.speak.ended"], "own": ["call.speak.ended", "call.gather.ended"]}[step]:
        line.hear(event, {"status": "completed", "digits": "1"})
        line.accept()
    assert line.call.step == step
    return line


def test_rule_6_what_happens_at_any_time_is_handled_in_a_step_that_says_nothing_of_it() -> None:
    line = at("first")

    line.hear("call.dtmf.received", {"digit": "0"})

    assert (line.call.step, line.call.outcome, line.last) == ("operator", "left", ["playback_stop", "speak"])


def test_a_branch_that_leads_nowhere_stays() -> None:
    line = at("first")

    line.hear("call.dtmf.received", {"digit": "7"})

    assert (line.call.step, line.call.answers["digit"], line.last) == ("first", "7", [])


def test_rule_6_a_steps_own_word_overrides_the_flows() -> None:
    line = at("own")

    line.hear("call.dtmf.received", {"digit": "0"})

    assert (line.call.step, line.call.answers["digit"]) == ("own", "own")


def test_rule_6_while_a_gather_runs_digits_are_the_gathers() -> None:
    line = at("ask")

    line.hear("call.dtmf.received", {"digit": "0"})

    assert (line.call.step, line.call.answers["digit"]) == ("ask", None)


def test_rule_6_unless_the_handler_says_during_gather() -> None:
    line = at("ask", TEXT.replace("outcome: left, goto: operator", "during_gather: true, goto: operator"))

    line.hear("call.dtmf.received", {"digit": "7"})
    assert line.call.answers["digit"] is None

    line.hear("call.dtmf.received", {"digit": "0"})
    assert (line.call.step, line.last) == ("operator", ["gather_stop", "speak"])


def test_a_failed_command_is_handled_by_the_flow() -> None:
    line = at("first")

    line.hear("call.speak.ended", {"status": "completed"})
    line.hear("call.gather.ended", {"digits": "1", "status": "valid"})
    line.refuse(code="90034")

    assert (line.call.step, line.call.answers["failed"], line.call.outcome) == ("sorry", "speak 90034", "broken")


def test_a_steps_own_way_for_its_failure_comes_first() -> None:
    line = at("first")
    line.hear("call.speak.ended", {"status": "completed"})

    line.refuse()

    assert (line.last, line.call.answers["failed"]) == (["hangup"], None)


def test_what_fails_in_the_step_that_handles_failures_ends_the_call() -> None:
    line = Line(TEXT)
    line.answer()
    line.refuse()
    assert line.call.step == "sorry"

    line.refuse()

    assert (line.last, line.call.outcome) == (["hangup"], "error")


def test_nothing_moves_before_the_flow_begins_nor_after_its_end() -> None:
    line = Line(TEXT)
    line.hear("call.dtmf.received", {"digit": "0"})
    assert line.actions == []

    line.answer()
    line.hang_up()
    line.hear("call.dtmf.received", {"digit": "0"})
    assert line.call.step == "first"


def test_a_wait_may_be_ended_by_the_flows_own_handler() -> None:
    text = flow_text("""
        on: {call.recording.saved: bye}
        steps:
          first: {record_start: {channels: single, format: wav}, goto: wait}
          wait: {wait_for: call.recording.saved}
          bye: {hangup: {}}
    """)
    assert problems_of(text) == []


@pytest.mark.parametrize(
    ("on", "detail"),
    [
        ("{call.speak.ended: bye}", "call.speak.ended cannot come here"),
        ("{call.hangup: bye}", "call.hangup ends the flow"),
        ("{machine.greeting.ended: bye}", "while answering_machine_detection is off"),
        ("{target.call.hangup: bye}", "no step transfers"),
        ("{call.transcription: bye}", "call.transcription cannot come here"),
        ("{call.dtmf: bye}", "there is no event call.dtmf"),
        ("{call.dtmf.received: nowhere}", "there is no step nowhere"),
        ("{call.dtmf.received: [{match: {digits: '1'}, goto: bye}, {goto: bye}]}", "has no digits"),
        ("[call.dtmf.received]", "on is a map"),
    ],
)
def test_wrong_handlers_are_told_with_their_line(on: str, detail: str) -> None:
    problem = only_problem(flow_text(f"on: {on}\nsteps:\n  first: {{hangup: {{}}}}\n  bye: {{hangup: {{}}}}"))

    assert detail in problem.detail
    assert (problem.step, problem.line, problem.pointer[:3]) == (None, 6, "/on")


def test_a_step_that_only_the_flows_handlers_lead_to_is_reached() -> None:
    assert problems_of(TEXT) == []
