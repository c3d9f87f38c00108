"""Steps that stream to our own receiver and play sounds back into the stream."""

from __future__ import annotations

import base64

import pytest

from tests.support.flows import Line, flow_text, only_problem, problems_of

SOUND = base64.b64encode(b"\xff\xfb\x90\x00" + bytes(413)).decode()
STEPS = f"""
outcomes: [heard]
steps:
  first: {{streaming_start: {{stream_url: ours, stream_track: both_tracks}}, goto: say}}
  say:
    stream_play: {{payload: {SOUND}}}
    on:
      stream_play.ended: {{outcome: heard, goto: again}}
      call.dtmf.received: sorry
      command.failed: sorry
  again: {{stream_play: {{payload: {SOUND}}}, goto: sorry}}
  sorry: {{speak: {{payload: Sorry}}, on: {{call.speak.ended: bye}}}}
  bye: {{hangup: {{}}}}
"""
TEXT = flow_text(STEPS)


def playing() -> Line:
    """Return a call whose stream is open and into which the first sound is played."""
    line = Line(TEXT)
    line.answer()
    line.accept()
    line.accept()
    return line


def ended(line: Line, status: str = "completed") -> None:
    command = next(one for one in reversed(line.sent) if one.action == "stream_play")
    line.own("stream_play.ended", {"command_id": command.command_id, "action": "stream_play", "status": status})


def test_the_word_ours_stands_for_our_receiver_until_the_command_is_sent() -> None:
    line = Line(TEXT)

    line.answer()

    assert line.sent[0].body == {"stream_track": "both_tracks", "stream_url": "wss://ours.invalid/"}


def test_a_sound_is_played_and_its_end_leads_on() -> None:
    line = playing()
    sent = line.sent[-1]

    ended(line)

    assert (sent.action, sent.body) == ("stream_play", {"payload": SOUND})
    assert (line.call.step, line.call.outcome) == ("again", "heard")
    assert line.last == ["stream_play"]


def test_with_a_goto_the_sound_plays_on_beside_the_steps_that_follow() -> None:
    line = playing()
    ended(line)

    line.accept()

    assert (line.call.step, line.last) == ("sorry", ["speak"])
    assert [one.action for one in line.call.outstanding] == ["streaming_start", "stream_play", "speak"]
    ended(line)
    assert [one.action for one in line.call.outstanding] == ["streaming_start", "speak"]
    assert line.call.step == "sorry"


def test_a_step_that_is_left_while_its_sound_plays_cuts_it_off() -> None:
    line = playing()

    line.hear("call.dtmf.received", {"digit": "1"})

    assert line.last == ["stream_clear", "speak"]


def test_the_end_of_a_sound_whose_step_was_left_moves_nothing() -> None:
    line = playing()
    line.hear("call.dtmf.received", {"digit": "1"})

    ended(line, "cut")

    assert line.last == []
    assert line.call.outcome is None


def test_a_sound_that_cannot_be_played_is_a_failed_command() -> None:
    line = playing()

    line.refuse(code="no_stream")

    assert (line.call.step, line.last) == ("sorry", ["speak"])


def test_r15_a_sound_whose_end_is_never_told_does_not_hold_the_call_for_ever() -> None:
    line = playing()

    assert f"stall:{line.call.visit}" in line.decision.timers


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (f"stream_play: {{payload: {SOUND}}}, goto", "stream_play: {}, goto", "stream_play needs payload"),
        (SOUND, "'not base64'", "payload is base64 of an MP3"),
        (SOUND, '"{{ contact.first_name }}"', "payload is base64 of an MP3"),
        (SOUND, "17", "payload"),
        ("stream_play.ended: {outcome: heard, goto: again}", "", "nothing follows stream_play.ended"),
        (
            "both_tracks}, goto: say}",
            "both_tracks}, on: {stream_play.ended: say}}",
            "cannot cause stream_play.ended",
        ),
        ("goto: sorry}", "goto: sorry, during: {speak: {payload: x}}}", "during has no place"),
        ("goto: sorry}", "goto: sorry, on: {stream_play.ended: bye}}", "never waited for; keep one"),
        ("stream_play: {payload", "stream_plays: {payload", "did you mean stream_play"),
    ],
)
def test_what_is_wrong_is_named(old: str, new: str, expected: str) -> None:
    assert old in TEXT

    found = problems_of(TEXT.replace(old, new))

    assert any(expected in problem.detail for problem in found), found


def test_a_dial_cannot_stream_to_our_receiver() -> None:
    problem = only_problem(TEXT.replace("start: first", "start: first\ndial: {stream_url: ours}"))

    assert "dial cannot stream to our own receiver" in problem.detail
    assert problem.line == 3
