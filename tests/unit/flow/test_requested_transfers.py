"""A transfer asked for from outside: it ends the flow once the target answers, and never a call."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.flow import new_live_call
from orchestrator.model.decision import Decision
from tests.support.flows import BEGAN, GREETING, Line, flow_text

TO = {"to": "+13125550143"}
AGENT = """
    inputs: {one: {}}
    outcomes: [talked]
    steps:
      first:
        transfer: {to: "{{ contact.one }}"}
        on: {target.call.bridged: talk, target.call.hangup: bye}
      talk: {wait_for: target.call.hangup, on: {target.call.hangup: {outcome: talked, goto: bye}}}
      bye: {hangup: {}}
"""


@pytest.fixture
def greeted() -> Line:
    line = Line(GREETING)
    line.answer()
    line.detect("human")
    line.accept()
    return line


@pytest.fixture
def without_flow() -> Line:
    line = Line(GREETING)
    line.flow = None
    line.call = new_live_call(None, call_id="call_1", to="+13125550142", dialed_at=BEGAN)
    line.answer()
    return line


def transfer(line: Line, command_id: str = "t-1", **body: Any) -> Decision:
    return line.own("action.requested", {"command_id": command_id, "action": "transfer", "body": {**TO, **body}})


def target(line: Line, kind: str, *, letter: str = "B", leg: str = "v3:target", **payload: Any) -> Decision:
    return line.hear(kind, payload, leg=letter, control_id=leg)


def busy(line: Line, *, letter: str = "B", leg: str = "v3:target") -> Decision:
    target(line, "call.initiated", letter=letter, leg=leg)
    return target(line, "call.hangup", letter=letter, leg=leg, hangup_cause="user_busy")


@pytest.mark.parametrize("body", [{}, {"park_after_unbridge": "self"}])
def test_a_busy_target_leaves_the_call_up_and_its_flow_where_it_stood(greeted: Line, body: dict[str, str]) -> None:
    transfer(greeted, **body)
    greeted.accept()

    decision = busy(greeted)
    greeted.press("1")

    assert (decision.commands, decision.note) == ((), "the flow goes on")
    assert (greeted.call.step, greeted.call.outcome) == ("thanks", "confirmed")


@pytest.mark.parametrize("kind", ["command.failed", "command.unknown"])
def test_a_transfer_that_is_refused_leaves_the_flow_where_it_stood(greeted: Line, kind: str) -> None:
    transfer(greeted)

    decision = greeted.refuse(kind=kind, code="D13")
    greeted.press("1")

    assert decision.note is not None and decision.note.startswith("transfer failed")
    assert (decision.commands, greeted.call.step) == ((), "thanks")


@pytest.mark.parametrize("body", [{}, {"park_after_unbridge": "self"}])
def test_a_call_without_a_flow_outlives_every_target(without_flow: Line, body: dict[str, str]) -> None:
    transfer(without_flow, **body)
    without_flow.accept()
    busy(without_flow)
    transfer(without_flow, "t-2", **body)

    without_flow.refuse(code="D13")

    assert (without_flow.actions, without_flow.call.closing) == (["transfer", "transfer"], False)


def test_while_the_target_rings_nothing_moves_the_flow(greeted: Line) -> None:
    transfer(greeted)
    greeted.accept()
    target(greeted, "call.initiated")

    greeted.fire("step:1")
    greeted.press("1")

    assert (greeted.actions, greeted.call.step) == (["gather_using_speak", "transfer"], "greet")


def test_what_ended_while_the_target_rang_is_begun_again_and_costs_no_repeat(greeted: Line) -> None:
    transfer(greeted)
    greeted.press("1")

    busy(greeted)

    assert (greeted.last, greeted.call.step, greeted.call.visits) == (["gather_using_speak"], "greet", {"greet": 1})
    assert len({command.command_id for command in greeted.sent}) == 3


def test_what_still_runs_when_nobody_came_has_its_whole_time_again(greeted: Line) -> None:
    transfer(greeted)

    busy(greeted)

    assert (greeted.last, greeted.due_in_s("step:1"), greeted.decision.timers["transfer"]) == ([], 40.0, None)


@pytest.mark.parametrize("kind", ["call.answered", "call.bridged"])
def test_the_flow_ends_for_good_when_the_target_answers(greeted: Line, kind: str) -> None:
    transfer(greeted)
    greeted.accept()

    decision = target(greeted, kind)
    greeted.press("1")

    assert [c.action for c in decision.commands] == ["gather_stop"]
    assert (greeted.call.finished, greeted.call.step, greeted.actions[-1]) == (True, None, "gather_stop")


def test_the_flow_ends_for_good_when_only_our_own_leg_tells_of_the_bridge(greeted: Line) -> None:
    transfer(greeted)

    greeted.hear("call.bridged")

    assert (greeted.call.finished, greeted.last) == (True, ["gather_stop"])


def test_a_call_whose_target_hangs_up_after_the_talk_is_left_to_the_carrier(greeted: Line) -> None:
    transfer(greeted, park_after_unbridge="self")
    target(greeted, "call.answered")

    decision = target(greeted, "call.hangup", hangup_cause="normal_clearing")

    assert (decision.commands, greeted.call.closing) == ((), False)


def test_a_target_of_whom_nothing_is_told_holds_the_flow_no_longer_than_it_may_ring(greeted: Line) -> None:
    transfer(greeted, timeout_secs=20)
    due_s = greeted.due_in_s("transfer")
    greeted.press("1")

    greeted.fire("transfer")

    assert (due_s, greeted.last, greeted.call.paused) == (65.0, ["gather_using_speak"], False)


def test_a_target_that_answers_after_all_ends_the_flow(greeted: Line) -> None:
    transfer(greeted)
    greeted.fire("transfer")

    target(greeted, "call.answered")

    assert greeted.call.finished


def test_the_flow_waits_for_the_last_of_two_transfers(greeted: Line) -> None:
    transfer(greeted)
    transfer(greeted, "t-2")
    busy(greeted)
    between = greeted.call.paused

    busy(greeted, letter="C", leg="v3:second")

    assert (between, greeted.call.paused, greeted.last) == (True, False, [])


def test_a_call_transferred_before_its_flow_began_begins_when_nobody_comes() -> None:
    line = Line(GREETING)
    line.answer()
    transfer(line)
    line.fire("start")
    line.detect("human")

    busy(line)

    assert (line.call.step, line.last) == ("greet", ["gather_using_speak"])


def test_a_hangup_while_the_target_rings_is_the_end_of_the_flow_too(greeted: Line) -> None:
    transfer(greeted)
    greeted.own("action.requested", {"command_id": "h", "action": "hangup", "body": {}})

    busy(greeted)

    assert (greeted.last, greeted.call.closing) == ([], True)


def test_who_talks_with_an_agent_goes_on_talking_when_another_does_not_come() -> None:
    line = Line(flow_text(AGENT), one="+13125550144")
    line.answer()
    line.accept()
    target(line, "call.initiated", leg="v3:agent")
    target(line, "call.bridged", leg="v3:agent")
    transfer(line)

    busy(line, letter="C")
    meanwhile = (line.call.step, line.last)
    target(line, "call.hangup", leg="v3:agent")

    assert meanwhile == ("talk", [])
    assert (line.call.outcome, line.last) == ("talked", ["hangup"])


def test_an_agent_who_hangs_up_while_another_rings_is_not_forgotten() -> None:
    line = Line(flow_text(AGENT), one="+13125550144")
    line.answer()
    target(line, "call.bridged", leg="v3:agent")
    transfer(line)
    target(line, "call.hangup", leg="v3:agent")

    busy(line, letter="C")

    assert (line.call.outcome, line.last) == ("talked", ["hangup"])
