"""Rule 4: a flow that speaks at once, and goes on elsewhere when a machine is found."""

from __future__ import annotations

import pytest

from tests.support.flows import GREETING, Line, only_problem, problems_of

START = "start: {human: greet, machine: voicemail, timeout: {after: 6s, goto: greet}}"
AT_ONCE = GREETING.replace(START, "start: {answered: greet, machine: voicemail}")

CUT = {"status": "cancelled_amd", "digits": ""}
BEGINS_WITH = """\
name: test
outcomes: [heard, hung_up]
outcome: hung_up
dial: {answering_machine_detection: premium}
start: {answered: FIRST, machine: voicemail}
on: {call.dtmf.received: [{match: {digit: "1"}, goto: greet}, {match: {digit: "2"}, goto: tell}, {goto: clip}]}
steps:
  greet:
    gather_using_speak: {payload: Press, voice: female, maximum_digits: 1}
    on: {call.gather.ended: {outcome: heard, goto: bye}}
  tell: {speak: {payload: Hello, voice: female}, on: {call.speak.ended: {outcome: heard, goto: bye}}}
  clip: {playback_start: {media_name: hello}, on: {call.playback.ended: {outcome: heard, goto: bye}}}
  voicemail: {wait_for: machine.greeting.ended, on: {machine.greeting.ended: bye}}
  bye: {hangup: {}}
"""


def answered(text: str = AT_ONCE) -> Line:
    line = Line(text)
    line.answer()
    line.accept()
    return line


def test_rule_4_the_flow_speaks_with_the_answer() -> None:
    line = Line(AT_ONCE)

    line.answer()

    assert (line.call.step, line.last, line.due_in_s("start")) == ("greet", ["gather_using_speak"], None)


@pytest.mark.parametrize("result", ["human", "human_residence", "human_business", "not_sure", "silence", "new_result"])
def test_rule_4_people_stay_where_they_are(result: str) -> None:
    line = answered()

    line.detect(result)

    assert (line.call.step, line.call.amd_result, line.last) == ("greet", result, [])


def test_rule_4_a_machine_leads_elsewhere_and_what_is_spoken_is_stopped() -> None:
    line = answered()

    line.detect("machine")

    assert (line.call.step, line.last, line.decision.drop) == ("voicemail", ["gather_stop"], "step")


@pytest.mark.parametrize(
    ("first", "ending"),
    [("greet", "call.gather.ended"), ("tell", "call.speak.ended"), ("clip", "call.playback.ended")],
)
def test_what_detection_cut_off_is_no_answer_and_the_machine_is_led_to_its_own_step(first: str, ending: str) -> None:
    line = Line(BEGINS_WITH.replace("FIRST", first))
    line.answer()
    line.accept()

    line.hear(ending, {"status": "cancelled_amd", "digits": ""})
    assert (line.call.step, line.call.outcome, line.last) == (first, "hung_up", [])
    line.detect("machine")

    assert (line.call.step, line.call.outcome, line.last) == ("voicemail", "hung_up", [])


@pytest.mark.parametrize("first", ["greet", "tell", "clip"])
def test_what_detection_cut_off_ends_as_stalled_when_no_result_is_ever_told(first: str) -> None:
    line = Line(BEGINS_WITH.replace("FIRST", first))
    line.answer()
    line.accept()
    line.hear({"greet": "call.gather.ended", "tell": "call.speak.ended"}.get(first, "call.playback.ended"), CUT)

    line.fire("stall:1")

    assert (line.last, line.call.outcome) == (["hangup"], "stalled")


def test_what_detection_cut_off_goes_on_by_its_branches_where_the_result_leads_nowhere() -> None:
    line = Line(GREETING)
    line.answer()
    line.fire("start")
    line.accept()

    line.hear("call.gather.ended", CUT)

    assert (line.call.step, line.call.visit) == ("greet", 2)


def test_a_machine_told_twice_is_moved_once() -> None:
    line = answered()
    line.detect("machine")
    line.fire("step:2")
    assert line.call.step == "leave"

    line.detect("machine")

    assert line.call.step == "leave"


def test_a_beep_without_a_result_is_a_machine_and_its_message_begins() -> None:
    line = answered()

    line.hear("call.machine.premium.greeting.ended", {"result": "beep_detected"})

    assert (line.call.step, line.call.amd_result, line.last) == ("leave", "machine", ["gather_stop", "speak"])


def test_a_person_first_taken_for_a_person_is_not_moved_by_a_late_machine() -> None:
    line = answered()
    line.detect("human")

    line.detect("machine")

    assert line.call.step == "greet"


@pytest.mark.parametrize(("fax", "last"), [("", ["hangup"]), ("fax: leave, ", ["gather_stop", "speak"])])
def test_a_fax_is_hung_up_on_unless_the_flow_names_it(fax: str, last: list[str]) -> None:
    line = answered(AT_ONCE.replace("answered: greet", f"{fax}answered: greet"))

    line.detect("fax_detected")

    assert line.last == last


@pytest.mark.parametrize(("result", "step"), [("machine", "voicemail"), ("human", "greet"), ("odd", "greet")])
def test_a_result_that_overtakes_the_answer_begins_the_flow_where_it_belongs(result: str, step: str) -> None:
    line = Line(AT_ONCE)
    line.detect(result)

    line.answer()

    assert (line.call.step, line.call.visit) == (step, 1)


def test_a_flow_that_has_hung_up_is_moved_no_more() -> None:
    line = answered()
    line.press("9")
    assert line.actions[-1] == "hangup"

    line.detect("machine")

    assert line.last == []


@pytest.mark.parametrize(
    ("start", "detail"),
    [
        ("{answered: greet}", "start needs machine beside answered"),
        ("{answered: nowhere, machine: voicemail}", "there is no step nowhere"),
        ("{answered: greet, human: greet, machine: voicemail}", "human has no place beside answered"),
        ("{answered: greet, machine: voicemail, timeout: {after: 6s}}", "timeout has no place beside answered"),
        ("{answered: greet, machine: voicemail, robot: greet}", "start has no robot"),
    ],
)
def test_a_wrong_start_is_told(start: str, detail: str) -> None:
    problem = only_problem(GREETING.replace(START, f"start: {start}"))

    assert detail in problem.detail
    assert (problem.line, problem.pointer[:6]) == (10, "/start")


def test_answered_needs_detection() -> None:
    text = AT_ONCE.replace("dial: {answering_machine_detection: premium}\n", "")

    told = "; ".join(problem.detail for problem in problems_of(text))
    assert "turn detection on under dial: to tell who answered" in told
