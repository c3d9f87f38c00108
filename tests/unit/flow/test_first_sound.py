"""What a person got to hear, and how soon: from the answer to the first sound or the connection with an agent."""

from __future__ import annotations

import pytest

from orchestrator.model.call_end import end_of
from orchestrator.model.hearing import Hearing, hearing_of
from tests.support.flows import Line

SPEAKS = """
name: speaks
outcomes: [heard]
start: greet
steps:
  greet: {speak: {payload: Hello, voice: female}, outcome: heard, on: {call.speak.ended: stop}}
  stop: {suppress: {scope: global, reason: asked}, goto: bye}
  bye: {hangup: {}}
"""
ASKS = """
name: asks
outcomes: [heard]
start: ask
steps:
  ask:
    gather_using_speak: {payload: Press, voice: female, maximum_digits: 1}
    on: {call.gather.ended: {outcome: heard, goto: bye}}
  bye: {hangup: {}}
"""
DETECTS = """
name: detects
outcomes: [heard]
dial: {answering_machine_detection: detect}
start: {human: greet, machine: bye}
steps:
  greet: {speak: {payload: Hello, voice: female}, outcome: heard, on: {call.speak.ended: bye}}
  bye: {hangup: {}}
"""
STREAMS = """
name: streams
outcomes: [heard]
start: open
steps:
  open: {streaming_start: {stream_url: URL}, outcome: heard, on: {streaming.stopped: bye}}
  bye: {hangup: {}}
"""
CONNECTS = """
name: connects
outcomes: [heard]
start: agent
steps:
  agent: {transfer: {to: "+13125550199"}, outcome: heard, on: {target.call.bridged: bye, target.call.hangup: bye}}
  bye: {hangup: {}}
"""
ANSWERED_AT = 10.0


def answered(flow: str) -> Line:
    line = Line(flow)
    line.hear("call.answered", at=ANSWERED_AT)
    return line


def told(line: Line) -> Hearing:
    return hearing_of(line.call, end_of(line.call).disposition)


def left(line: Line, *, after: float, source: str = "callee") -> Hearing:
    line.hear("call.hangup", {"hangup_cause": "normal_clearing", "hangup_source": source}, at=ANSWERED_AT + after)
    return told(line)


@pytest.mark.parametrize(
    ("after", "abandoned", "silent"),
    [(0.0, False, False), (2.0, False, False), (2.001, True, False), (3.0, True, False), (3.001, True, True)],
)
def test_the_first_sound_is_measured_from_the_answer(after: float, abandoned: bool, silent: bool) -> None:
    line = answered(SPEAKS)

    line.hear("call.speak.started", at=ANSWERED_AT + after)

    assert left(line, after=9) == Hearing(round(after * 1000), abandoned, silent, False, bridged=False)


def test_who_hears_nothing_at_all_is_abandoned_in_silence() -> None:
    assert left(answered(SPEAKS), after=9) == Hearing(None, True, True, False, bridged=False)


@pytest.mark.parametrize(
    ("after", "abandoned", "silent"), [(1.999, False, False), (2.0, True, False), (3.0, True, True)]
)
def test_who_hangs_up_before_the_time_is_up_was_not_abandoned(after: float, abandoned: bool, silent: bool) -> None:
    assert left(answered(SPEAKS), after=after) == Hearing(None, abandoned, silent, False, bridged=False)


def test_whom_we_hang_up_on_before_anything_was_said_is_abandoned_however_soon() -> None:
    assert left(answered(SPEAKS), after=0.5, source="caller") == Hearing(None, True, True, False, bridged=False)


def test_the_earliest_sound_counts_in_whatever_order_sounds_are_told() -> None:
    line = answered(SPEAKS)

    line.hear("call.playback.started", at=ANSWERED_AT + 4)
    line.hear("call.speak.started", at=ANSWERED_AT + 1)
    line.hear("call.speak.started", at=ANSWERED_AT + 5)

    assert left(line, after=9) == Hearing(1000, False, False, False, bridged=False)


def test_a_sound_that_is_told_after_the_record_was_asked_for_is_recorded_again() -> None:
    line = answered(SPEAKS)
    line.hang_up(at=ANSWERED_AT + 9)
    line.fire("settle")

    decision = line.hear("call.speak.started", at=ANSWERED_AT + 1)

    assert decision.settle
    assert told(line) == Hearing(1000, False, False, False, bridged=False)


def test_a_sound_before_the_answer_by_the_carriers_clock_was_heard_at_once() -> None:
    line = answered(SPEAKS)

    line.hear("call.speak.started", at=ANSWERED_AT - 0.2)

    assert left(line, after=9).after_ms == 0


def test_a_prompt_whose_beginning_is_not_told_begins_as_it_is_accepted_by_our_own_clock() -> None:
    line = answered(ASKS)

    line.accept()  # noted 0.1 s after the answer was, though our clock is 9.8 s behind the carrier's

    assert left(line, after=9) == Hearing(100, False, False, False, bridged=False)


def test_a_connection_with_somebody_is_as_good_as_a_sound() -> None:
    line = answered(CONNECTS)
    line.accept()

    line.hear("call.bridged", at=ANSWERED_AT + 1.5)

    assert left(line, after=60) == Hearing(1500, False, False, False, bridged=True)


def test_a_target_that_answers_is_nobody_yet_for_the_person() -> None:
    line = answered(CONNECTS)
    line.accept()

    line.hear("call.initiated", leg="B", control_id="v3:b", at=ANSWERED_AT + 0.5)
    line.hear("call.answered", leg="B", control_id="v3:b", at=ANSWERED_AT + 1)

    assert left(line, after=60) == Hearing(None, True, True, False, bridged=False)


@pytest.mark.parametrize(("url", "expected"), [("wss://agent.example.com/", 700), ("ours", None)])
def test_a_stream_speaks_unless_it_leads_to_our_receiver(url: str, expected: int | None) -> None:
    line = answered(STREAMS.replace("URL", url))

    line.hear("streaming.started", {"stream_url": "wss://somewhere.example.com/"}, at=ANSWERED_AT + 0.7)

    assert left(line, after=9).after_ms == expected


@pytest.mark.parametrize("result", ["machine", "fax_detected"])
def test_machines_are_not_abandoned(result: str) -> None:
    line = answered(DETECTS)
    line.hear("call.machine.detection.ended", {"result": result}, at=ANSWERED_AT + 1)

    assert left(line, after=9) == Hearing()


@pytest.mark.parametrize("result", ["human", "not_sure"])
def test_what_detection_calls_a_person_waits_while_it_listens(result: str) -> None:
    line = answered(DETECTS)
    line.hear("call.machine.detection.ended", {"result": result}, at=ANSWERED_AT + 2.5)
    line.hear("call.speak.started", at=ANSWERED_AT + 2.6)

    assert left(line, after=9) == Hearing(2600, True, False, False, bridged=False)


def test_a_call_that_nobody_answers_and_one_that_comes_in_are_not_measured() -> None:
    rang, inbound = Line(SPEAKS), Line(SPEAKS, direction="incoming")
    rang.hang_up("timeout")
    inbound.hear("call.answered")
    inbound.hang_up()

    assert (told(rang), told(inbound)) == (Hearing(), Hearing())


def test_a_call_whose_answer_an_older_version_noted_is_not_measured() -> None:
    line = answered(SPEAKS)
    line.call = line.call.model_copy(update={"answer_noted_at": None})
    line.hear("call.machine.detection.ended", {"result": "human"}, at=ANSWERED_AT + 1)

    assert left(line, after=9) == Hearing()


def test_a_call_whose_events_were_lost_is_not_measured() -> None:
    adopted, assumed = answered(SPEAKS), answered(SPEAKS)
    adopted.call = adopted.call.model_copy(update={"adopted": True})
    assumed.own("hangup.assumed", {"hangup_cause": "unspecified"})

    assert (left(adopted, after=9), told(assumed)) == (Hearing(), Hearing())


def test_who_opts_out_is_counted_with_what_was_heard() -> None:
    line = answered(SPEAKS)
    line.hear("call.speak.started", at=ANSWERED_AT + 0.3)
    line.hear("call.speak.ended", {"status": "completed"}, at=ANSWERED_AT + 2)

    assert left(line, after=9) == Hearing(300, False, False, True, bridged=False)
