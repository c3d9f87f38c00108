"""Rule 4: a call that comes in begins at the flow's `inbound`, when it rings."""

from __future__ import annotations

import pytest

from tests.support.flows import GREETING, Line, only_problem

INBOUND = GREETING.replace("steps:\n", "inbound: pick_up\nsteps:\n  pick_up: {set: {said: inbound}, goto: thanks}\n")


def ringing(text: str) -> Line:
    line = Line(text, direction="incoming")
    line.hear("call.initiated", {"state": "parked", "direction": "incoming"})
    return line


def test_an_incoming_call_begins_at_inbound_when_it_rings() -> None:
    line = ringing(INBOUND)

    assert (line.call.step, line.actions, line.call.answers["said"]) == ("thanks", ["speak"], "inbound")


def test_its_ringing_told_twice_begins_it_once() -> None:
    line = ringing(INBOUND)

    line.hear("call.initiated", {"state": "parked"})

    assert line.actions == ["speak"]


@pytest.mark.parametrize("result", [None, "machine"])
def test_its_answer_does_not_begin_the_flow_of_those_who_were_dialed(result: str | None) -> None:
    line = ringing(INBOUND)

    line.answer()
    if result:
        line.detect(result)

    assert (line.call.step, line.actions, line.call.phase) == ("thanks", ["speak"], "answered")
    assert line.due_in_s("start") is None


def test_an_answer_that_overtakes_the_ringing_begins_at_inbound_too() -> None:
    line = Line(INBOUND, direction="incoming")

    line.answer()
    line.hear("call.initiated", {"state": "parked"})

    assert line.actions == ["speak"]


def test_a_flow_without_inbound_answers_and_begins_as_with_a_person() -> None:
    line = ringing(GREETING)
    line.hear("call.initiated", {"state": "parked"})
    line.accept()

    line.answer()

    assert (line.actions, line.call.step) == (["answer", "gather_using_speak"], "greet")
    assert line.due_in_s("start") is None


def test_what_is_told_of_a_web_address_does_not_make_the_answer_forgotten() -> None:
    line = ringing(GREETING)
    line.own("http.succeeded", {"command_id": line.sent[-1].command_id})

    line.hear("call.initiated", {"state": "parked"})

    assert line.actions == ["answer"]


def test_an_answer_that_is_never_told_leaves_no_caller_in_silence() -> None:
    line = ringing(GREETING)
    assert line.due_in_s("stall:0") == 120
    line.accept()

    line.fire("stall:0")

    assert (line.last, line.call.outcome, line.call.closing) == (["hangup"], "stalled", True)
    assert line.decision.note == "the answer stalled"


def test_an_answer_that_is_told_is_waited_for_no_more() -> None:
    line = ringing(GREETING)
    line.accept()

    assert line.answer().timers["stall:0"] is None
    line.fire("stall:0")

    assert (line.call.step, line.call.closing) == ("greet", False)


def test_who_hangs_up_before_the_answer_is_told_is_not_called_stalled() -> None:
    line = ringing(GREETING)

    assert line.hang_up().timers["stall:0"] is None
    line.fire("stall:0")

    assert (line.call.outcome, line.last) == (None, [])


def test_a_call_that_cannot_be_answered_is_hung_up() -> None:
    line = ringing(GREETING)

    line.refuse(code="90102")

    assert (line.last, line.call.outcome) == (["hangup"], "error")


def test_an_answer_from_outside_begins_the_flow_too() -> None:
    line = ringing(GREETING)
    line.refuse(kind="command.unknown")  # ours was lost

    line.answer()

    assert line.call.closing


def test_a_call_that_was_dialed_never_begins_at_inbound() -> None:
    line = Line(INBOUND)

    line.hear("call.initiated", {"state": "parked"})

    assert (line.actions, line.call.step) == ([], None)


def test_a_caller_who_hung_up_before_the_ringing_was_heard_is_not_spoken_to() -> None:
    line = Line(INBOUND, direction="incoming")

    line.hang_up(at=1)
    line.hear("call.initiated", {"state": "parked"}, at=0.5)

    assert line.actions == []


def test_inbound_names_a_step() -> None:
    problem = only_problem(GREETING.replace("steps:\n", "inbound: pick_up\nsteps:\n"))

    assert (problem.line, problem.pointer) == (11, "/inbound")
    assert problem.detail.startswith("there is no step pick_up")


def test_what_only_a_caller_reaches_is_reached() -> None:
    assert Line(INBOUND).flow.start.inbound == "pick_up"
