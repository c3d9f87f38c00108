"""Queues in flows: what is told of the place in line leads on, and only the step's own waiting does."""

from __future__ import annotations

import pytest

from tests.support.flows import Line, flow_text

SUPPORT = """
    answers: {place: null}
    outcomes: [served, waited, gave_up]
    steps:
      first:
        enqueue: {queue_name: support, max_wait_time_secs: 120}
        on:
          call.enqueued: {set: {place: "{{ event.current_position | int }}"}}
          call.dequeued:
            - {match: {reason: bridged}, outcome: served}
            - {match: {reason: timeout}, outcome: waited, goto: sorry}
            - {goto: sorry}
          call.dtmf.received: [{match: {digit: "#"}, outcome: gave_up, goto: leave}, {}]
      leave: {leave_queue: {}, on: {call.dequeued: sorry, command.failed: sorry}}
      sorry: {speak: {payload: Sorry}, on: {call.speak.ended: second}}
      second: {enqueue: {queue_name: elsewhere}, on: {call.enqueued: {goto: bye}, call.dequeued: bye}}
      bye: {hangup: {}}
"""


@pytest.fixture
def waiting() -> Line:
    line = Line(flow_text(SUPPORT))
    line.answer()
    line.accept()
    line.hear("call.enqueued", {"queue": "support", "current_position": 3, "queue_avg_wait_time_secs": 20})
    return line


def leave_queue(line: Line, reason: str) -> None:
    line.hear("call.dequeued", {"queue": "support", "queue_position": 1, "reason": reason, "wait_time_secs": 40})


def test_the_place_in_line_can_be_stored(waiting: Line) -> None:
    assert (waiting.call.step, waiting.call.answers["place"]) == ("first", 3)


@pytest.mark.parametrize(
    ("reason", "step", "outcome"),
    [("bridged", "first", "served"), ("timeout", "sorry", "waited"), ("leave", "sorry", None)],
)
def test_the_reason_of_leaving_the_queue_leads_on(waiting: Line, reason: str, step: str, outcome: str | None) -> None:
    leave_queue(waiting, reason)

    assert (waiting.call.step, waiting.call.outcome) == (step, outcome)


def test_nobody_is_called_stalled_for_waiting(waiting: Line) -> None:
    assert waiting.due_in_s("stall:1") is None


def test_who_gives_up_is_taken_out_of_the_queue_once(waiting: Line) -> None:
    waiting.hear("call.dtmf.received", {"digit": "#"})

    assert (waiting.call.step, waiting.call.outcome) == ("leave", "gave_up")
    assert waiting.actions == ["enqueue", "leave_queue"]


def test_leaving_the_queue_is_heard_by_the_step_that_asked_for_it(waiting: Line) -> None:
    waiting.hear("call.dtmf.received", {"digit": "#"})

    leave_queue(waiting, "leave")

    assert waiting.call.step == "sorry"


def test_what_is_told_late_of_one_queue_is_not_taken_for_another(waiting: Line) -> None:
    waiting.hear("call.dtmf.received", {"digit": "#"})
    waiting.refuse(waiting.sent[-1], code="90035")
    waiting.hear("call.speak.ended", {"status": "completed"})
    assert waiting.call.step == "second"

    leave_queue(waiting, "leave")

    assert waiting.call.step == "second"
    waiting.hear("call.enqueued", {"queue": "elsewhere", "current_position": 1})
    assert waiting.call.step == "bye"


def test_a_second_queue_is_entered_before_leaving_the_first_is_told(waiting: Line) -> None:
    waiting.hear("call.dtmf.received", {"digit": "#"})
    waiting.refuse(waiting.sent[-1], code="90035")
    waiting.hear("call.speak.ended", {"status": "completed"})

    waiting.hear("call.enqueued", {"queue": "elsewhere", "current_position": 1})

    assert waiting.call.step == "bye"
