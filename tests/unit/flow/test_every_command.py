"""Every command of the carrier is a step: its fields are read, and `on` is held against its webhooks."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from orchestrator.flow import load_flow
from orchestrator.flow.command_events import caused_by
from orchestrator.flow.vocabulary import CALL_WIDE, DTMF, ENDS_CALL, GREETING, KNOWN_EVENTS, STEP_COMMANDS, TARGET
from orchestrator.telnyx.commands import COMMANDS
from tests.support.flows import Line, problems_of
from tests.unit.telnyx.carrier_bodies import SMALLEST

STEPS = sorted(STEP_COMMANDS)
WAITING = [action for action in STEPS if action not in ENDS_CALL]


def flow_of(action: str, **step: Any) -> bytes:
    fields = {name: value for name, value in SMALLEST[action].items() if name != "client_state"}
    first = {action: fields, **({"state": "mine"} if action == "client_state_update" else {}), **step}
    steps: dict[str, Any] = {"first": first}
    if action not in ENDS_CALL:
        steps["bye"] = {"hangup": {}}
    return orjson.dumps({"name": "one", "start": "first", "inbound": "first", "steps": steps})


def way(event: str) -> dict[str, Any]:
    return {"goto": "bye", **({"during_gather": True} if event == DTMF else {})}


def checked(text: bytes) -> list[str]:
    return [problem.detail for problem in problems_of(text, "application/json")]


def begun(text: bytes) -> Line:
    line = Line(load_flow(text, "application/json"), direction="incoming")
    line.hear("call.initiated")
    return line


def test_every_command_but_the_dial_is_a_step() -> None:
    assert frozenset(STEPS) == frozenset(COMMANDS) - {"dial"}
    assert len(STEPS) == 29


@pytest.mark.proves("flow")
@pytest.mark.parametrize("action", STEPS)
def test_a_step_of_every_command_is_accepted_and_sent(action: str) -> None:
    text = flow_of(action) if action in ENDS_CALL else flow_of(action, timeout={"after": "9s", "goto": "bye"})

    assert checked(text) == []
    assert begun(text).actions == [action]


@pytest.mark.parametrize("action", WAITING)
def test_every_webhook_of_a_command_may_be_waited_for(action: str) -> None:
    ways = {event: way(event) for event in sorted(caused_by(action))}

    assert checked(flow_of(action, on=ways, timeout={"after": "9s", "goto": "bye"})) == []


@pytest.mark.parametrize("action", WAITING)
def test_no_webhook_of_another_command_may_be(action: str) -> None:
    # What runs beside the steps is heard of at any time once a step starts it; this flow's only step is this one.
    others = sorted(KNOWN_EVENTS - caused_by(action) - CALL_WIDE - {GREETING, "command.failed"})

    for event in others:
        problems = checked(flow_of(action, on={event: "bye"}, timeout={"after": "9s", "goto": "bye"}))
        assert problems, event


@pytest.mark.parametrize("action", WAITING)
def test_what_a_command_causes_moves_its_step(action: str) -> None:
    for event in sorted(caused_by(action)):
        line = begun(flow_of(action, on={event: way(event)}, timeout={"after": "9s", "goto": "bye"}))
        line.accept()

        if event.startswith(TARGET):
            line.hear(event.removeprefix(TARGET), leg="B", control_id="v3:target")
        else:
            line.hear(event)

        assert (line.call.step, line.last[-1:]) == ("bye", ["hangup"]), event


@pytest.mark.parametrize("action", STEPS)
def test_client_state_and_command_id_stay_ours(action: str) -> None:
    for name in ("client_state", "command_id"):
        flow = orjson.loads(flow_of(action))
        flow["steps"]["first"][action][name] = "x"

        assert any(name in detail for detail in checked(orjson.dumps(flow)))


def test_a_rejected_call_is_over_with_the_step() -> None:
    line = begun(flow_of("reject"))

    line.accept()
    line.hang_up()

    assert (line.actions, line.call.phase) == (["reject"], "ended")


def test_a_state_is_what_client_state_update_is_for() -> None:
    text = flow_of("client_state_update", goto="bye").replace(b',"state":"mine"', b"")

    assert any("needs the step's state" in detail for detail in checked(text))


LISTENING = """
name: listening
start: listen
answers: {said: null}
steps:
  listen: {transcription_start: {}, goto: ask}
  ask: {speak: {payload: Hello, voice: female}, on: {call.speak.ended: wait, call.transcription: {goto: heard}}}
  wait: {wait_for: call.transcription, on: {call.transcription: heard}}
  heard: {transcription_stop: {}, goto: bye}
  bye: {hangup: {}}
"""


@pytest.mark.parametrize("before", [[], ["call.speak.ended"]])
def test_what_runs_beside_the_steps_is_heard_in_each_of_them(before: list[str]) -> None:
    line = Line(load_flow(LISTENING))
    line.answer()
    line.accept()
    line.accept()
    for event in before:
        line.hear(event)

    line.hear("call.transcription", {"transcription_data": {"transcript": "hello"}})

    assert line.call.step == "heard"


def test_what_no_step_starts_is_not_waited_for() -> None:
    text = LISTENING.replace("listen: {transcription_start: {}, goto: ask}", "listen: {set: {said: no}, goto: ask}")

    told = [problem.detail for problem in problems_of(text)]

    assert any("speak cannot cause call.transcription" in detail for detail in told)
    assert any("call.transcription cannot come here" in detail for detail in told)


def test_the_ending_of_an_earlier_stream_does_not_move_the_step_of_the_next() -> None:
    line = Line(
        load_flow("""
name: twice
start: first
steps:
  first: {streaming_start: {stream_url: "wss://a.test/1"}, goto: second}
  second: {streaming_start: {stream_url: "wss://a.test/2"}, on: {streaming.stopped: bye}}
  bye: {hangup: {}}
""")
    )
    line.answer()
    line.accept()
    line.accept()

    line.hear("streaming.stopped")
    assert line.call.step == "second"

    line.hear("streaming.stopped")
    assert line.call.step == "bye"


def test_a_failed_reference_is_an_ending_too() -> None:
    line = begun(flow_of("refer", on={"call.refer.completed": "bye", "call.refer.failed": "bye"}))
    line.accept()

    line.hear("call.refer.failed")

    assert (line.actions, [one.action for one in line.call.outstanding]) == (["refer", "hangup"], ["hangup"])
