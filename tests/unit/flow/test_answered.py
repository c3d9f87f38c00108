"""Rule 4: a flow that speaks at once, and goes on elsewhere when a machine is found."""

from __future__ import annotations

import pytest

from tests.support.flows import GREETING, Line, only_problem, problems_of

START = "start: {human: greet, machine: voicemail, timeout: {after: 6s, goto: greet}}"
AT_ONCE = GREETING.replace(START, "start: {answered: greet, machine: voicemail}")


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

    assert "detection is off" in "; ".join(problem.detail for problem in problems_of(text))
