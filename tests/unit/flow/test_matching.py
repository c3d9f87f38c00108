"""R16: webhooks carry no command_id, so an ending belongs to the oldest outstanding command of its kind."""

from __future__ import annotations

import pytest

from tests.support.flows import Line, flow_text

TWO_TEXTS = """
    steps:
      first:
        speak: {payload: a}
        on: {call.speak.ended: second, call.dtmf.received: second}
      second: {speak: {payload: b}, on: {call.speak.ended: bye}}
      bye: {hangup: {}}
"""


def skipped() -> Line:
    """Return a call that speaks its second text, the first one having been cut by a digit."""
    line = Line(flow_text(TWO_TEXTS))
    line.answer()
    line.accept()
    line.hear("call.speak.started")
    line.hear("call.dtmf.received", {"digit": "1"})
    return line


def test_r16_the_end_of_what_was_stopped_does_not_end_what_follows() -> None:
    line = skipped()

    line.hear("call.speak.ended", {"status": "completed"})

    assert (line.call.step, line.last) == ("second", [])


def test_r16_the_next_end_is_its_own() -> None:
    line = skipped()
    line.hear("call.speak.ended", {"status": "completed"})

    line.hear("call.speak.ended", {"status": "completed"})

    assert line.call.step == "bye"


def test_r16_a_command_that_was_dropped_unsent_is_owed_no_ending() -> None:
    line = Line(flow_text(TWO_TEXTS))
    line.answer()
    line.hear("call.dtmf.received", {"digit": "1"})
    second = line.sent[-1]
    line.accept(second)

    line.hear("call.speak.ended", {"status": "completed"})

    assert line.call.step == "bye"


def test_r16_the_start_of_what_was_stopped_is_not_the_start_of_what_follows() -> None:
    line = Line(
        flow_text("""
        steps:
          first: {speak: {payload: a}, on: {call.dtmf.received: second}, timeout: {after: 9s, goto: bye}}
          second: {speak: {payload: b}, on: {call.speak.started: bye}, timeout: {after: 9s, goto: bye}}
          bye: {hangup: {}}
    """)
    )
    line.answer()
    line.accept()
    line.hear("call.dtmf.received", {"digit": "1"})

    steps = [line.hear("call.speak.started").call.step, line.hear("call.speak.started").call.step]

    assert steps == ["second", "bye"]


def test_r16_a_gathers_prompt_is_not_the_file_that_plays_next() -> None:
    line = Line(
        flow_text("""
        steps:
          first:
            gather_using_audio: {media_name: ask}
            on:
              call.gather.ended: bye
              call.dtmf.received: {during_gather: true, goto: song}
          song: {playback_start: {media_name: song}, on: {call.playback.ended: bye}}
          bye: {hangup: {}}
    """)
    )
    line.answer()
    line.accept()
    line.hear("call.playback.started")
    line.hear("call.dtmf.received", {"digit": "0"})

    steps = [
        line.hear("call.playback.ended", {"status": "cancelled"}).call.step,
        line.press("0", "cancelled").call.step,
        line.hear("call.playback.ended", {"status": "completed"}).call.step,
    ]

    assert steps == ["song", "song", "bye"]


def test_an_ending_that_nothing_is_outstanding_for_moves_nothing() -> None:
    line = Line(flow_text(TWO_TEXTS))
    line.answer()

    line.press("1")

    assert (line.call.step, line.last) == ("first", [])


def test_a_step_that_stops_a_recording_hears_its_ending() -> None:
    line = Line(
        flow_text("""
        steps:
          first: {record_start: {channels: single, format: mp3}, goto: stop}
          stop: {record_stop: {}, on: {call.recording.saved: bye}}
          bye: {hangup: {}}
    """)
    )
    line.answer()
    line.accept()
    line.accept()

    line.hear("call.recording.saved", {"channels": "single"})

    assert (line.actions, len(line.call.recordings)) == (["record_start", "record_stop", "hangup"], 1)


@pytest.mark.parametrize("kind", ["call.fork.started", "call.something.new", "streaming.failed"])
def test_an_event_nobody_waits_for_is_recorded_and_moves_nothing(kind: str) -> None:
    line = Line(flow_text(TWO_TEXTS))
    line.answer()

    line.hear(kind, {"x": 1})

    assert (line.last, line.call.step, kind in line.call.seen) == ([], "first", True)


def test_an_acceptance_that_comes_after_the_ending_changes_nothing() -> None:
    line = Line(flow_text(TWO_TEXTS))
    line.answer()
    first = line.sent[-1]
    line.hear("call.speak.ended", {"status": "completed"})

    line.accept(first)

    assert (line.last, line.call.step, line.decision.timers) == ([], "second", {})
