"""Bridges in flows: the call on the other side is heard of under a letter of its own, and its end leads on."""

from __future__ import annotations

import pytest

from orchestrator.flow import load_flow
from orchestrator.model.decision import Decision
from tests.support.flows import Line, flow_text, only_problem

AGENT, SECOND = "v3:agent", "v3:second-agent"
AGENTS = """
    inputs: {one: {default: call_1}, two: {default: call_2}}
    outcomes: [connected, nobody]
    steps:
      first:
        bridge: {call_control_id: "{{ contact.one }}", park_after_unbridge: self}
        on: {call.bridged: {outcome: connected}, target.call.hangup: second, command.failed: second}
      second:
        bridge: {call_control_id: "{{ contact.two }}", park_after_unbridge: self}
        on: {call.bridged: talk, command.failed: bye}
      talk: {wait_for: target.call.hangup, goto: bye}
      bye: {hangup: {}}
"""
LEAD = """
    outcomes: [connected]
    steps:
      first:
        transfer: {to: "+13125550143"}
        on: {target.call.bridged: {outcome: connected}, target.call.hangup: bye}
      bye: {hangup: {}}
"""


@pytest.fixture
def caller() -> Line:
    line = Line(flow_text(AGENTS))
    line.answer()
    line.accept()
    return line


def partner(line: Line, kind: str, leg_id: str = AGENT, letter: str = "B") -> Decision:
    return line.hear(kind, {}, leg=letter, control_id=leg_id)


def bridge(line: Line, leg_id: str = AGENT, letter: str = "B") -> None:
    partner(line, "call.bridged", leg_id, letter)
    line.hear("call.bridged")


def ask_for_bridge(line: Line, request: str) -> None:
    body = {"call_control_id": AGENT}
    line.own("action.requested", {"command_id": request, "action": "bridge", "body": body})


def test_the_other_call_leaves_and_the_flow_tries_another(caller: Line) -> None:
    bridge(caller)
    assert (caller.call.step, caller.call.outcome) == ("first", "connected")

    partner(caller, "call.hangup")

    assert (caller.call.step, caller.last, caller.call.phase) == ("second", ["bridge"], "answered")
    assert [command.target_role for command in caller.sent] == ["B", "C"]


def test_a_later_step_waits_for_the_end_of_the_talk(caller: Line) -> None:
    bridge(caller)
    partner(caller, "call.hangup")
    caller.accept()
    bridge(caller, SECOND, "C")
    assert caller.call.step == "talk"

    partner(caller, "call.hangup", SECOND, "C")

    assert caller.last == ["hangup"]


def test_what_was_heard_of_the_first_is_not_taken_for_the_second(caller: Line) -> None:
    bridge(caller)
    partner(caller, "call.hangup")
    caller.accept()
    caller.hear("call.bridged")

    assert caller.call.step == "talk"
    partner(caller, "call.hangup", AGENT, "B")
    assert caller.call.step == "talk"


def test_the_end_of_the_other_call_may_be_told_before_the_bridge(caller: Line) -> None:
    partner(caller, "call.hangup")
    partner(caller, "call.bridged")

    assert (caller.call.step, caller.actions) == ("second", ["bridge", "bridge"])


def test_leaving_the_step_hangs_up_nobody(caller: Line) -> None:
    partner(caller, "call.bridged")

    decision = partner(caller, "call.hangup")

    assert [command.action for command in decision.commands] == ["bridge"]


def test_a_bridge_that_fails_leads_on(caller: Line) -> None:
    caller.refuse(code="90018")

    assert (caller.call.step, caller.last) == ("second", ["bridge"])


def test_a_call_that_bridged_itself_with_ours_stands_beside_and_moves_nothing(caller: Line) -> None:
    partner(caller, "call.bridged", "v3:some-caller", "Z")
    partner(caller, "call.hangup", "v3:some-caller", "Z")

    assert (caller.call.step, caller.last) == ("first", [])


def test_a_bridge_from_outside_that_fails_leaves_the_flow_its_own_leg() -> None:
    line = Line(flow_text(LEAD))
    line.answer()
    line.accept()
    ask_for_bridge(line, "asked-1")
    line.refuse(code="90018")

    partner(line, "call.hangup", "v3:agent-1", "B")

    assert line.last == ["hangup"]


def test_the_end_of_a_bridge_from_outside_is_heard_by_a_flow_that_waits_for_one(caller: Line) -> None:
    bridge(caller)
    ask_for_bridge(caller, "asked-1")
    bridge(caller, SECOND, "C")

    partner(caller, "call.hangup", SECOND, "C")

    assert caller.call.step == "second"


def test_a_queue_or_a_room_has_no_other_call_to_hear_of() -> None:
    line = Line(flow_text(AGENTS.replace('call_control_id: "{{ contact.two }}"', "queue: support")))
    line.answer()
    line.refuse(code="90018")

    assert [command.target_role for command in line.sent] == ["B", None]


@pytest.mark.parametrize("event", ["target.call.bridged", "target.call.hangup"])
def test_the_check_takes_the_events_of_a_bridged_call_in_every_step(event: str) -> None:
    step = f"{{wait_for: {event}, goto: bye}}"

    load_flow(flow_text(AGENTS.replace("{wait_for: target.call.hangup, goto: bye}", step)))


def test_the_check_takes_no_events_of_another_call_where_none_is_named() -> None:
    text = AGENTS.replace('call_control_id: "{{ contact.one }}"', "queue: one").replace(
        'call_control_id: "{{ contact.two }}"', "queue: two"
    )

    problem = only_problem(flow_text(text.replace("target.call.hangup: second, ", "")))

    assert "no step transfers, or bridges with a call" in problem.detail


def test_the_check_knows_that_nobody_tells_when_a_bridged_call_was_answered() -> None:
    problem = only_problem(flow_text(AGENTS.replace("target.call.hangup, goto", "target.call.answered, goto")))

    assert "no step transfers" in problem.detail


def test_the_end_of_the_other_call_is_a_way_on_from_a_bridge() -> None:
    text = AGENTS.replace("call.bridged: {outcome: connected}, ", "").replace("call.bridged: talk, ", "")

    problem = only_problem(flow_text(text.replace("      talk: {wait_for: target.call.hangup, goto: bye}\n", "")))

    assert (problem.step, problem.detail.startswith("nothing follows call.bridged")) == ("second", True)
