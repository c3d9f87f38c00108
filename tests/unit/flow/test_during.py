"""Rule 14: what is heard while a step waits, begun with it and stopped when the wait is over."""

from __future__ import annotations

import pytest

from tests.support.flows import Line, flow_text, only_problem, problems_of

QUEUE = """
steps:
  first:
    enqueue: {queue_name: support}
    during: {playback_start: {audio_url: "https://cdn.example.test/music.mp3", loop: infinity}}
    on:
      call.dequeued: [{match: {reason: bridged}}, {goto: sorry}]
      call.dtmf.received: wait
    repeat: {at_most: 2, then: bye}
  wait:
    wait_for: call.recording.saved
    during: {speak: {payload: "Please hold, {{ contact.phone }}"}}
    on: {call.recording.saved: first}
    timeout: {after: 30s, goto: sorry}
  sorry: {speak: {payload: Sorry}, on: {call.speak.ended: bye}}
  bye: {hangup: {}}
"""
TEXT = flow_text(QUEUE)


def queued() -> Line:
    line = Line(TEXT)
    line.answer()
    for command in list(line.sent):
        line.accept(command)
    line.hear("call.playback.started")
    return line


def test_rule_14_the_music_begins_once_the_caller_waits() -> None:
    line = Line(TEXT)

    line.answer()

    assert line.actions == ["enqueue", "playback_start"]
    assert [command.optional for command in line.sent] == [False, True]
    assert {command.visit for command in line.sent} == {1}


def test_rule_14_leaving_the_step_stops_both() -> None:
    line = queued()

    line.hear("call.dtmf.received", {"digit": "0"})

    assert line.last == ["playback_stop", "leave_queue", "speak"]
    assert line.call.step == "wait"


def test_a_wait_that_is_over_stops_the_music_although_the_step_stays() -> None:
    line = queued()

    line.hear("call.dequeued", {"reason": "bridged"})
    assert (line.call.step, line.last) == ("first", ["playback_stop"])

    line.hear("call.dtmf.received", {"digit": "0"})
    assert line.last == ["speak"]


def test_the_end_of_the_wait_leads_on_and_stops_the_music_once() -> None:
    line = queued()

    line.hear("call.dequeued", {"reason": "timeout"})

    assert (line.call.step, line.last) == ("sorry", ["playback_stop", "speak"])


def test_the_late_ending_of_the_music_is_nobody_elses() -> None:
    line = queued()
    line.hear("call.dequeued", {"reason": "timeout"})
    line.accept()

    line.hear("call.playback.ended", {"status": "cancelled"})

    assert [one.action for one in line.call.outstanding] == ["speak"]


def test_music_that_ends_or_fails_changes_nothing() -> None:
    line = Line(TEXT)
    line.answer()
    line.accept(line.sent[0])
    line.refuse(line.sent[1])
    assert (line.call.step, line.last, line.call.outcome) == ("first", [], None)

    line.hear("call.dequeued", {"reason": "timeout"})
    assert line.last == ["speak"]


def test_a_wait_has_its_own_and_its_way_back_stops_it() -> None:
    line = queued()
    line.hear("call.dtmf.received", {"digit": "0"})
    assert line.sent[-1].body["payload"] == "Please hold, +13125550142"
    line.accept()

    line.hear("call.recording.saved", {"recording_id": "r"})

    assert line.last == ["playback_stop", "enqueue", "playback_start"]


def test_a_wait_that_is_over_before_it_begins_plays_nothing() -> None:
    line = Line(
        flow_text("""
        steps:
          first: {speak: {payload: Hi}, on: {call.speak.ended: wait}}
          wait: {wait_for: call.dtmf.received, during: {speak: {payload: Hold}}, goto: bye}
          bye: {hangup: {}}
    """)
    )
    line.answer()
    line.accept()
    line.hear("call.dtmf.received", {"digit": "1"})

    line.hear("call.speak.ended")

    assert line.last == ["hangup"]


def test_music_that_cannot_be_filled_in_is_left_out() -> None:
    line = Line(TEXT.replace("Please hold, {{ contact.phone }}", "{{ contact.phone }}"), phone="x" * 4_000)
    line.answer()
    line.accept()

    line.hear("call.dtmf.received", {"digit": "0"})

    assert line.call.step == "wait"
    assert "speak could not be filled in" in (line.decision.note or "")


def test_a_hangup_drops_the_music_with_everything() -> None:
    line = queued()

    line.hang_up()

    assert (line.last, line.decision.drop) == ([], "all")


@pytest.mark.parametrize(
    ("during", "detail"),
    [
        ("{}", "during is one command"),
        ("{playback_start: {media_name: a}, speak: {payload: a, voice: female}}", "during is one command"),
        ("{gather: {}}", "during has no gather"),
        ("{playback_start: {}}", "audio_url"),
        ("{speak: {payload: '{{ contact.x }}'}}", "unknown: contact.x"),
        ("music", "during is a map"),
    ],
)
def test_wrong_music_is_told_with_step_and_line(during: str, detail: str) -> None:
    written = '{speak: {payload: "Please hold, {{ contact.phone }}"}}'

    problems = problems_of(TEXT.replace(written, during))

    assert any(detail in p.detail and (p.step, p.line) == ("wait", 16) for p in problems), [str(p) for p in problems]


def test_music_belongs_to_steps_that_wait() -> None:
    problem = only_problem(TEXT.replace("  bye: {hangup", "  bye: {during: {speak: {payload: a}}, hangup"))

    assert "during has no place in this step" in problem.detail


def test_nothing_follows_a_hangup_that_was_asked_for() -> None:
    line = queued()
    line.own("action.requested", {"command_id": "asked", "action": "hangup", "body": {}})

    line.hear("call.dequeued", {"reason": "hangup"})

    assert line.last == []
