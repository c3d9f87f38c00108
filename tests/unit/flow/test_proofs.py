"""What is heard of a command proves that it was carried out, though its answer is lost (R13, R16)."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.model.event import Event
from tests.support.flows import CONTROL_ID, Line, flow_text

FIRSTS = {
    "call.enqueued": "enqueue: {queue_name: q}, on: {call.dequeued: bye}",
    "streaming.started": 'streaming_start: {stream_url: "wss://a.test/x"}, on: {streaming.stopped: bye}',
    "call.playback.started": 'playback_start: {audio_url: "https://a.test/x.mp3"}, on: {call.playback.ended: bye}',
    "call.speak.started": "speak: {payload: One}, on: {call.speak.ended: bye}",
}
TRANSFER = 'transfer: {to: "+13125550143"}, on: {target.call.hangup: bye}'


def line_of(first: str, rest: str = "") -> Line:
    line = Line(
        flow_text(f"steps:\n  first: {{{first}, timeout: {{after: 50s, goto: bye}}}}\n{rest}  bye: {{hangup: {{}}}}")
    )
    line.hear("call.initiated")
    line.answer()
    return line


def before_its_command(line: Line, kind: str) -> Event:
    """Return an event that occurred before the command was decided, and is told behind it."""
    seconds: dict[str, Any] = {"occurred_at": line.now.replace(year=2025)}
    return Event(id="late", type=kind, call_id="call_1", call_control_id=CONTROL_ID, **seconds)


@pytest.mark.parametrize("kind", FIRSTS)
def test_what_has_begun_was_accepted_and_its_clock_runs(kind: str) -> None:
    line = line_of(FIRSTS[kind])

    decision = line.hear(kind)

    assert decision.proven == (line.sent[0].command_id,)
    assert (line.due_in_s("step:1"), line.call.outstanding[0].accepted) == (50.0, True)


@pytest.mark.parametrize("fate", ["command.unknown", "command.failed", "command.accepted"])
@pytest.mark.parametrize("kind", FIRSTS)
def test_what_has_begun_is_not_given_up_for_an_answer_that_comes_late(kind: str, fate: str) -> None:
    line = line_of(FIRSTS[kind])
    line.hear(kind)

    line.refuse(line.sent[0], kind=fate)

    assert (line.last, line.call.step, line.call.outcome) == ([], "first", None)


@pytest.mark.parametrize("fate", ["command.unknown", "command.failed"])
@pytest.mark.parametrize("kind", ["call.initiated", "call.answered", "call.bridged"])
def test_a_transfer_whose_leg_was_heard_of_was_carried_out(kind: str, fate: str) -> None:
    line = line_of(TRANSFER)
    decision = line.hear(kind, leg="B", control_id="v3:agent")

    line.refuse(line.sent[0], kind=fate)

    assert decision.proven == (line.sent[0].command_id,)
    assert (line.last, line.call.step, line.call.outcome) == ([], "first", None)


def test_a_transfer_from_outside_whose_leg_talks_was_carried_out() -> None:
    line = line_of(FIRSTS["call.speak.started"])
    line.accept()
    line.own("action.requested", {"command_id": "t", "action": "transfer", "body": {"to": "+13125550143"}})
    line.hear("call.bridged")

    line.refuse(line.sent[1], kind="command.unknown")

    assert (line.last, line.call.finished, line.call.closing) == ([], True, False)


def test_what_has_ended_was_sent_and_the_flow_goes_on() -> None:
    line = line_of(FIRSTS["call.speak.started"])

    decision = line.hear("call.speak.ended", {"status": "completed"})

    assert (decision.proven, line.last) == ((line.sent[0].command_id,), ["hangup"])


def test_a_step_that_goes_on_once_accepted_goes_on_when_it_is_proven() -> None:
    line = Line(
        flow_text("""
        steps:
          first: {record_start: {format: wav, channels: single}, goto: music}
          music: {streaming_start: {stream_url: "wss://a.test/x"}, goto: say}
          say: {speak: {payload: One}, on: {call.speak.ended: bye}}
          bye: {hangup: {}}
        """)
    )
    line.answer()
    line.accept()

    decision = line.hear("streaming.started")

    assert (line.call.step, line.last, decision.drop) == ("say", ["speak"], "step")
    assert decision.proven == (line.sent[1].command_id,)


def test_what_was_accepted_needs_no_proof() -> None:
    line = line_of(FIRSTS["call.speak.started"])
    line.accept()

    assert line.hear("call.speak.started").proven == ()


def test_what_occurred_before_a_command_proves_nothing_of_it() -> None:
    line = line_of(FIRSTS["call.speak.started"])

    decision = line.take(before_its_command(line, "call.speak.started"))

    assert (decision.proven, line.call.outstanding[0].accepted) == ((), False)


def test_a_digit_does_not_prove_the_gather_that_waits_for_it() -> None:
    line = line_of("gather: {maximum_digits: 1}, on: {call.gather.ended: bye}")

    assert line.hear("call.dtmf.received", {"digit": "1"}).proven == ()
