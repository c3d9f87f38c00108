"""Rule 14: `include: flow@version` makes the steps of a stored flow steps of this one."""

from __future__ import annotations

import pytest

from orchestrator.flow import FlowProblem, load_flow
from orchestrator.flow.library import Library, StoredFlow
from orchestrator.flow.limits import MAX_INCLUDES
from orchestrator.flow.syntax.document import YAML_TYPE
from tests.support.flows import Line, problems_of

SURVEY = """
name: survey
inputs: {product: {default: phone}}
answers: {liked: null}
outcomes: [asked]
hours: {desk: {timezone: UTC, windows: [{days: [mon], start: 09:00, end: 17:00}]}}
defaults: {gather_using_speak: {voice: female}}
start: ask
steps:
  ask:
    gather_using_speak: {payload: "Do you like your {{ contact.product }}?"}
    repeat: {at_most: 2, then: over}
    on: {call.gather.ended: [{match: {digits: "1"}, set: {liked: true}, outcome: asked, goto: which}, {goto: ask}]}
    timeout: {after: 40s, goto: over}
  which: {choose: [{when: "answers.liked", goto: over}, {goto: bye}]}
  over: {end: {}}
  bye: {hangup: {}}
"""
OUTER = """
name: outer
outcomes: [thanked]
start: first
steps:
  first: {speak: {payload: Hello, voice: female}, on: {call.speak.ended: poll}}
  poll: {include: survey@2, goto: thanks}
  thanks:
    speak: {payload: "{{ 'Great' if answers.liked else 'Sorry' }}", voice: female}
    outcome: thanked
    on: {call.speak.ended: bye}
  bye: {hangup: {}}
"""


def library(**flows: str) -> Library:
    """Know version 2 of each."""
    return lambda name, version: StoredFlow(flows[name], YAML_TYPE) if version == 2 and name in flows else None


def problems(text: str, **flows: str) -> list[FlowProblem]:
    return problems_of(text, library=library(**flows))


def line(text: str = OUTER, **flows: str) -> Line:
    call = Line(load_flow(text, library=library(**{"survey": SURVEY, **flows})))
    call.answer()
    call.accept()
    return call


def test_rule_14_the_included_steps_stand_under_the_steps_name() -> None:
    flow = line().flow

    assert flow.name == "outer"
    assert list(flow.steps) == ["first", "poll", "thanks", "bye", "poll.ask", "poll.which", "poll.over", "poll.bye"]
    assert (flow.optional_inputs, flow.answers) == (("product",), {"liked": None})
    assert {"asked", "thanked"} <= flow.outcomes
    assert "desk" in flow.hours


def test_rule_14_the_call_walks_in_and_comes_back_where_the_included_flow_ends() -> None:
    call = line()

    call.hear("call.speak.ended")
    assert (call.call.step, call.sent[-1].body["payload"]) == ("poll.ask", "Do you like your phone?")
    call.accept()
    call.press("1")

    assert (call.call.step, call.sent[-1].body["payload"], call.call.outcome) == ("thanks", "Great", "thanked")


def test_its_repeats_and_timeouts_lead_within_it() -> None:
    call = line()
    call.hear("call.speak.ended")
    for _ in range(2):
        call.accept()
        call.press("5")

    assert (call.call.step, call.call.answers["liked"]) == ("thanks", None)

    call = line()
    call.hear("call.speak.ended")
    call.accept()
    call.fire("step:3")

    assert call.call.step == "thanks"


def test_without_a_goto_the_end_of_the_included_flow_is_the_end() -> None:
    call = line(OUTER.replace("include: survey@2, goto: thanks", "include: survey@2").split("  thanks:")[0])
    call.hear("call.speak.ended")
    call.accept()

    call.press("1")

    assert call.last == ["hangup"]


def test_an_included_flow_may_include_others() -> None:
    middle = "name: middle\nstart: a\nsteps:\n  a: {include: survey@2, goto: b}\n  b: {end: {}}"
    call = line(OUTER.replace("survey@2", "middle@2"), middle=middle)
    call.hear("call.speak.ended")
    assert call.call.step == "poll.a.ask"
    call.accept()

    call.press("1")

    assert call.call.step == "thanks"


def test_the_same_flow_may_be_included_twice() -> None:
    text = OUTER.replace("goto: thanks}", "goto: more}\n  more: {include: survey@2, goto: thanks}")
    call = line(text)
    call.hear("call.speak.ended")
    call.accept()
    call.press("1")
    assert call.call.step == "more.ask"
    call.accept()

    call.press("1")

    assert call.call.step == "thanks"


@pytest.mark.parametrize(
    ("written", "detail"),
    [
        ("survey@3", "there is no flow survey@3"),
        ("survay@2", "there is no flow survay@2"),
        ("survey", "include names a flow and its version"),
        ("survey@latest", "include names a flow and its version"),
        ("7", "include is text"),
        ("broken@2", "broken@2 is not acceptable by itself"),
        ("unreadable@2", "unreadable@2 is not acceptable by itself"),
        ("loop@2", "loop@2 is not acceptable by itself"),
        ("detecting@2", "begins by the result of detection"),
        ("wide@2", "handles events for a whole flow"),
        ("spoken@2", "has texts of its own"),
    ],
)
def test_what_cannot_be_included_is_told_with_step_and_line(written: str, detail: str) -> None:
    end = "steps:\n  a: {end: {}}"
    detection = "dial: {answering_machine_detection: premium}"

    [problem] = problems(
        OUTER.replace("survey@2", written).replace("answers.liked", "contact.phone"),
        survey=SURVEY,
        broken="name: broken\nstart: nowhere\n" + end,
        unreadable="{{",
        loop="name: loop\nstart: a\nsteps:\n  a: {include: loop@2}",
        detecting=f"name: detecting\n{detection}\nstart: {{human: a}}\n{end}",
        wide=f"name: wide\nstart: a\non: {{call.dtmf.received: a}}\n{end}",
        spoken=f"name: spoken\nlanguage: en\nstart: a\ntexts: {{hi: {{en: Hi}}}}\n{end}",
    )

    assert detail in problem.detail
    assert (problem.step, problem.line) == ("poll", 7)


def test_a_loop_over_several_flows_ends() -> None:
    one = "name: one\nstart: a\nsteps:\n  a: {include: two@2}"
    two = "name: two\nstart: a\nsteps:\n  a: {include: one@2}"

    [problem] = problems(one, one=one, two=two)

    assert "is not acceptable by itself" in problem.detail


def test_flows_that_multiply_are_stopped() -> None:
    steps = "\n".join(f"  s{number}: {{include: {{}}@2, goto: s{number + 1}}}" for number in range(9))
    flows = {
        name: f"name: {name}\nstart: s0\nsteps:\n{steps}\n  s9: {{end: {{}}}}".replace("{}@2", f"{inner}@2")
        for name, inner in (("a", "b"), ("b", "c"), ("c", "survey"))
    }

    told = problems(flows["a"], survey=SURVEY, **flows)

    assert told
    assert any(f"at most {MAX_INCLUDES} others" in p.detail or "not acceptable" in p.detail for p in told)


def test_hours_of_one_name_that_differ_are_told() -> None:
    own = "hours: {desk: {timezone: UTC, windows: [{days: [tue], start: 09:00, end: 17:00}]}}\n"

    told = problems(OUTER.replace("outcomes:", own + "outcomes:"), survey=SURVEY)

    assert any("its hours desk are not those of this flow" in problem.detail for problem in told)


def test_a_step_that_includes_waits_for_nothing_itself() -> None:
    found = problems(OUTER.replace("goto: thanks}", "goto: thanks, on: {call.dtmf.received: bye}}"), survey=SURVEY)

    assert [problem.detail for problem in found] == ["on has no place in this step: the step goes on at once, by goto"]


def test_a_flow_that_includes_needs_a_library() -> None:
    assert "there is no flow survey@2" in problems_of(OUTER)[0].detail
