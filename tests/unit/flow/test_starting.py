"""Rule 4 and R16: where a call begins, whatever detection says and whenever it says it."""

from __future__ import annotations

import pytest

from tests.support.flows import GREETING, Line, flow_text

RESULTS = "start: {human: greet, machine: voicemail, fax: bye, not_sure: thanks, human_business: leave}"


def begun(result: str, text: str = GREETING) -> Line:
    line = Line(text)
    line.answer()
    line.detect(result)
    return line


def test_with_detection_off_the_flow_begins_with_the_answer() -> None:
    line = Line(flow_text("steps:\n  first: {speak: {payload: a}, on: {call.speak.ended: bye}}\n  bye: {hangup: {}}"))

    line.answer()

    assert (line.actions, line.due_in_s("start")) == (["speak"], None)


@pytest.mark.parametrize("result", ["human", "human_residence", "human_business", "not_sure", "silence", "new_result"])
def test_r16_who_is_no_machine_is_greeted(result: str) -> None:
    line = begun(result)

    assert (line.call.step, line.call.amd_result) == ("greet", result)
    assert line.due_in_s("start") is None and "start" in line.decision.timers


def test_r16_a_machine_is_waited_for() -> None:
    assert (begun("machine").call.step, begun("machine").sent) == ("voicemail", [])


@pytest.mark.parametrize("result", ["fax", "fax_detected"])
def test_r16_a_fax_is_hung_up_on_unless_the_flow_names_it(result: str) -> None:
    line = begun(result)

    assert (line.actions, line.call.step) == (["hangup"], None)


def test_r16_each_result_may_have_a_step_of_its_own() -> None:
    text = GREETING.replace("start: {human: greet, machine: voicemail, timeout: {after: 6s, goto: greet}}", RESULTS)

    steps = {result: begun(result, text).call.step for result in ("human", "human_business", "silence", "fax")}

    assert steps == {"human": "greet", "human_business": "leave", "silence": "thanks", "fax": "bye"}


@pytest.mark.parametrize(("after", "due_s"), [("", 6.0), ("timeout: {after: 9s}", 9.0)])
def test_r16_the_silence_before_the_result_is_bounded(after: str, due_s: float) -> None:
    line = Line(GREETING.replace("timeout: {after: 6s, goto: greet}", after))

    line.answer()

    assert line.due_in_s("start") == due_s


def test_r16_without_a_result_in_time_the_callee_counts_as_not_sure() -> None:
    line = Line(GREETING.replace(", timeout: {after: 6s, goto: greet}", ""))
    line.answer()

    line.fire("start")

    assert (line.call.step, line.call.amd_result) == ("greet", None)


def test_r16_a_result_after_the_timeout_does_not_start_again() -> None:
    line = Line(GREETING)
    line.answer()
    line.fire("start")

    line.detect("machine")

    assert (line.last, line.call.step, line.call.amd_result) == ([], "greet", "machine")


def test_r16_a_timeout_after_the_result_moves_nothing() -> None:
    line = begun("human")

    line.fire("start")

    assert (line.last, line.call.visit) == ([], 1)


def test_premium_that_hears_the_beep_first_says_only_that_the_greeting_is_over() -> None:
    line = Line(GREETING)
    line.answer()

    line.hear("call.machine.premium.greeting.ended", {"result": "beep_detected"})

    assert (line.call.step, line.call.amd_result, line.actions) == ("leave", "machine", ["speak"])


@pytest.mark.parametrize("mode", ["detect_beep", "detect_words", "greeting_end"])
def test_standard_detection_tells_the_machine_and_then_the_end_of_its_greeting(mode: str) -> None:
    line = Line(GREETING.replace("detection: premium", f"detection: {mode}"))
    line.answer()
    line.hear("call.machine.detection.ended", {"result": "machine"})

    line.hear("call.machine.greeting.ended", {"result": "beep_detected"})

    assert (line.call.step, line.call.outcome) == ("leave", "voicemail")


def test_a_result_before_the_answer_is_an_answer() -> None:
    line = Line(GREETING)

    line.detect("human")

    assert (line.call.phase, line.call.step) == ("answered", "greet")


def test_an_answer_after_the_result_corrects_only_the_time() -> None:
    line = Line(GREETING)
    line.detect("human")

    line.hear("call.answered", at=0.01)

    assert line.last == []
    assert line.call.answered_at is not None and line.call.answered_at < line.now
    assert "start" not in line.decision.timers


def test_the_end_of_a_greeting_before_the_result_is_not_lost() -> None:
    line = Line(GREETING.replace("detection: premium", "detection: detect_beep"))
    line.hear("call.machine.greeting.ended", {"result": "beep_detected"})

    line.hear("call.machine.detection.ended", {"result": "machine"})

    assert (line.call.step, line.call.amd_result, line.actions) == ("leave", "machine", ["speak"])


def test_ids_and_phases_come_with_the_first_webhooks() -> None:
    line = Line(GREETING)

    phases = [line.call.phase, line.hear("call.initiated", {"call_leg_id": "leg"}).call.phase, line.answer().call.phase]

    assert phases == ["dialing", "ringing", "answered"]
    assert (line.call.call_control_id, line.call.call_leg_id) == ("v3:ours", "leg")


def test_an_initiated_after_the_answer_moves_nothing_back() -> None:
    line = Line(GREETING)
    line.answer()

    line.hear("call.initiated")

    assert line.call.phase == "answered"
