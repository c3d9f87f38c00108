"""R15: timers carry their step's visit and start with their command's answer."""

from __future__ import annotations

import pytest

from tests.support.flows import GREETING, Line, flow_text


def on_line(steps: str) -> Line:
    line = Line(flow_text(steps))
    line.answer()
    return line


def test_r15_a_steps_timer_starts_at_its_commands_answer() -> None:
    line = Line(GREETING)
    line.answer()
    line.detect("human")
    before = line.due_in_s("step:1")

    line.accept()

    assert (before, line.due_in_s("step:1")) == (None, 40.0)
    assert line.decision.timers["stall:1"] is None


def test_r15_a_wait_has_no_command_and_starts_at_once() -> None:
    line = Line(GREETING)
    line.answer()

    line.detect("machine")

    assert line.due_in_s("step:1") == 30.0


def test_r15_a_timer_of_an_earlier_visit_moves_nothing() -> None:
    line = Line(GREETING)
    line.answer()
    line.detect("human")
    line.press("5")

    line.fire("step:1")

    assert (line.last, line.call.visit) == ([], 2)


def test_r15_leaving_a_step_clears_its_timers() -> None:
    line = Line(GREETING)
    line.answer()
    line.detect("human")
    line.accept()

    decision = line.press("5")

    assert decision.timers["step:1"] is None and decision.timers["stall:1"] is None


def test_r15_a_timeout_leads_on() -> None:
    line = Line(GREETING)
    line.answer()
    line.detect("machine")

    line.fire("step:1")

    assert (line.call.step, line.last) == ("leave", ["speak"])


def test_a_timeout_may_say_an_outcome() -> None:
    line = on_line("""
        outcomes: [silent]
        answers: {late: false}
        steps:
          first:
            gather: {}
            on: {call.gather.ended: bye}
            timeout: {after: 500ms, outcome: silent, set: {late: true}, goto: bye}
          bye: {hangup: {}}
    """)
    line.accept()
    due_s = line.due_in_s("step:1")

    line.fire("step:1")

    assert (due_s, line.call.outcome, line.call.answers) == (0.5, "silent", {"late": True})


@pytest.mark.parametrize(
    ("step", "ending", "seconds"),
    [
        ("speak: {payload: Hello}", "call.speak.ended", 120.0),
        ("playback_start: {media_name: song}", "call.playback.ended", 120.0),
        (
            "gather: {timeout_millis: 10000, maximum_digits: 2, inter_digit_timeout_millis: 1000}",
            "call.gather.ended",
            22.0,
        ),
        (
            "gather_using_speak: {payload: '1234567890', timeout_millis: 10000, inter_digit_timeout_millis: 1000}",
            "call.gather.ended",
            46.0,
        ),
    ],
)
def test_rule_9_a_step_without_a_timeout_has_a_default(step: str, ending: str, seconds: float) -> None:
    line = on_line(f"""
        steps:
          first: {{{step}, on: {{{ending}: bye}}}}
          bye: {{hangup: {{}}}}
    """)

    line.accept()

    assert line.due_in_s("stall:1") == seconds


def test_rule_9_a_step_that_takes_too_long_has_stalled() -> None:
    line = on_line("""
        steps:
          first: {speak: {payload: Hello}, on: {call.speak.ended: bye}}
          bye: {hangup: {}}
    """)
    line.accept()

    decision = line.fire("stall:1")

    assert (line.last, line.call.outcome, decision.note) == (["hangup"], "stalled", "step first stalled")


def test_a_command_that_is_never_answered_has_a_deadline_too() -> None:
    line = on_line("""
        steps:
          first: {speak: {payload: Hello}, on: {call.speak.ended: bye}}
          bye: {hangup: {}}
    """)

    assert line.due_in_s("stall:1") == 120.0


def test_a_conversation_has_no_default_timeout() -> None:
    line = on_line("""
        steps:
          first: {transfer: {to: "+13125550143"}, on: {target.call.bridged: talk, target.call.hangup: bye}}
          talk: {wait_for: target.call.hangup, goto: bye}
          bye: {hangup: {}}
    """)

    line.accept()

    assert (line.due_in_s("stall:1"), line.decision.timers["stall:1"]) == (None, None)


@pytest.mark.parametrize("name", ["start", "step:1", "stall:1", "gone", "deadline", "unheard_of"])
def test_no_timer_moves_a_call_that_has_ended(name: str) -> None:
    line = Line(GREETING)
    line.answer()
    line.hang_up()
    before = line.call

    line.fire(name)

    assert (line.call, line.last) == (before, [])
