"""The reception of docs/inbound.md, played: who stands in line is put through or told, and never left in silence."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from orchestrator.flow import load_flow
from tests.support.flows import Line, flow_text, only_problem

PAGE = Path(__file__).parents[3] / "docs" / "inbound.md"
RECEPTION = next(
    text for text in re.findall(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL) if "name: reception" in text
)


@pytest.fixture
def waiting() -> Line:
    line = Line(RECEPTION, direction="incoming")
    line.hear("call.initiated", {"state": "parked", "direction": "incoming"})
    line.accept()
    line.answer()
    line.accept()
    line.hear("call.speak.ended", {"status": "completed"})
    line.accept()
    line.hear("call.enqueued", {"queue": "support", "current_position": 1})
    assert (line.actions, line.call.step) == (["answer", "speak", "enqueue"], "line")
    return line


def leave_line(line: Line, reason: str) -> None:
    line.hear("call.dequeued", {"queue": "support", "reason": reason, "wait_time_secs": 40})


def timers(line: Line) -> list[str]:
    return [name for name, due in line.decision.timers.items() if due is not None]


def test_who_is_put_through_talks_as_long_as_it_lasts(waiting: Line) -> None:
    leave_line(waiting, "bridged")
    waiting.hear("call.bridged")

    assert (waiting.call.outcome, timers(waiting), waiting.last) == ("served", [], [])
    waiting.hang_up()
    assert waiting.actions == ["answer", "speak", "enqueue"]


def test_who_was_about_to_be_put_through_talks_as_long_as_it_lasts(waiting: Line) -> None:
    leave_line(waiting, "bridging-in-process")
    [timer] = timers(waiting)
    assert waiting.call.outcome == "gave_up"

    talking = waiting.hear("call.bridged")

    assert (waiting.call.outcome, talking.timers[timer], timers(waiting)) == ("served", None, [])


@pytest.mark.parametrize("reason", ["bridged", "bridging-in-process"])
def test_the_bridge_may_be_told_before_the_place_in_line_is_given_up(waiting: Line, reason: str) -> None:
    waiting.hear("call.bridged")
    assert waiting.actions == ["answer", "speak", "enqueue"]

    leave_line(waiting, reason)

    assert (waiting.call.outcome, waiting.call.closing, timers(waiting)) == ("served", False, [])


def test_who_was_taken_out_of_line_and_put_through_to_nobody_is_told(waiting: Line) -> None:
    leave_line(waiting, "bridging-in-process")
    [timer] = timers(waiting)

    waiting.fire(timer)

    assert (waiting.last, waiting.call.outcome) == (["speak"], "gave_up")
    waiting.accept()
    waiting.hear("call.speak.ended", {"status": "completed"})
    assert waiting.last == ["hangup"]


@pytest.mark.parametrize("reason", ["timeout", "leave"])
def test_who_waited_in_vain_is_told(waiting: Line, reason: str) -> None:
    leave_line(waiting, reason)

    assert (waiting.last, waiting.call.outcome) == (["speak"], "gave_up")


def test_a_caller_may_wait_and_then_talk() -> None:
    assert load_flow(RECEPTION).caller_limit_s > 300 + 3_600


def test_music_ends_when_they_talk() -> None:
    flow = flow_text("""
    steps:
      first: {enqueue: {queue_name: a}, on: {call.dequeued: talk}}
      talk: {wait_for: call.bridged, during: {playback_start: {media_name: a}}, on: {call.bridged: {}}}
      bye: {hangup: {}}
    """).replace("on: {call.bridged: {}}}", "on: {call.bridged: {}}, timeout: {after: 9s, goto: bye}}")
    line = Line(flow)
    line.answer()
    line.accept()
    leave_line(line, "bridged")

    line.hear("call.bridged")

    assert line.actions == ["enqueue", "playback_start", "playback_stop"]


def test_what_was_heard_before_one_line_is_not_taken_for_the_next() -> None:
    line = Line(
        flow_text("""
    steps:
      first: {enqueue: {queue_name: a}, on: {call.dequeued: talk}}
      talk: {wait_for: call.bridged, on: {call.bridged: {}}, timeout: {after: 9s, goto: second}}
      second: {enqueue: {queue_name: b}, on: {call.dequeued: again}}
      again: {wait_for: call.bridged, goto: bye}
      bye: {hangup: {}}
    """)
    )
    line.answer()
    line.accept()
    leave_line(line, "bridging-in-process")
    line.fire("step:2")
    line.hear("call.speak.ended")
    line.accept()

    leave_line(line, "bridging-in-process")

    assert (line.call.step, timers(line)) == ("again", ["stall:4"])


def test_only_a_flow_that_connects_waits_for_a_bridge() -> None:
    text = flow_text("steps:\n  first: {wait_for: call.bridged, goto: bye}\n  bye: {hangup: {}}")

    assert "call.bridged cannot be waited for" in only_problem(text).detail
