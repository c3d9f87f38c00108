"""Rules 1 to 3: inputs, answers, outcomes."""

from __future__ import annotations

import pytest

from orchestrator.flow import load_flow
from tests.support.flows import GREETING, Line, flow_text, only_problem

HANGUP = "  bye: {hangup: {}}"


def test_rule_1_inputs_without_a_default_are_required() -> None:
    flow = load_flow("name: a\ninputs: {who: {}, language: {default: en-US}}\nstart: bye\nsteps:\n" + HANGUP)

    assert (flow.required_inputs, flow.optional_inputs) == (("who",), ("language",))
    assert flow.missing_inputs({"who": ""}) == ("who",)
    assert flow.missing_inputs({"who": "Ann"}) == ()


def test_rule_1_a_contact_is_seen_with_defaults_and_without_what_is_not_declared() -> None:
    flow = load_flow("name: a\ninputs: {who: {}, language: {default: en-US}}\nstart: bye\nsteps:\n" + HANGUP)

    seen = flow.contact_view({"who": "Ann", "language": "", "secret": "x", "phone": "+1", "external_id": "7"})

    assert seen == {"who": "Ann", "language": "en-US", "phone": "+1", "external_id": "7", "timezone": None}


def test_rule_1_a_template_reads_only_declared_inputs() -> None:
    problem = only_problem(GREETING.replace("contact.first_name", "contact.firstname"))

    assert (problem.step, problem.line) == ("greet", 13)
    assert problem.detail == "unknown: contact.firstname; did you mean first_name?"


@pytest.mark.parametrize("name", ["phone", "external_id", "timezone"])
def test_rule_1_the_contacts_own_fields_can_be_read_and_not_declared(name: str) -> None:
    load_flow(GREETING.replace("contact.first_name", f"contact.{name}"))

    assert (
        f"contact.{name} is there already"
        in only_problem(GREETING.replace("first_name: {}", f"first_name: {{}}, {name}: {{}}")).detail
    )


def test_rule_1_an_attribute_is_an_item_and_nothing_else() -> None:
    text = flow_text("""
        inputs: {items: {}, keys: {default: none}}
        steps:
          first: {speak: {payload: "{{ contact.items }}, {{ contact.keys }}"}, on: {call.speak.ended: bye}}
          bye: {hangup: {}}
    """)
    line = Line(text, items="two chairs")

    line.answer()

    assert line.sent[0].body["payload"] == "two chairs, none"


def test_rule_2_set_takes_only_declared_answers() -> None:
    problem = only_problem(GREETING.replace("set: {confirmed: true}", "set: {confirmt: true}"))

    assert (problem.step, problem.line) == ("greet", 17)
    assert "the answer confirmt is not declared" in problem.detail


def test_rule_2_a_value_that_is_one_template_keeps_its_type() -> None:
    line = Line(
        GREETING.replace(
            "set: {confirmed: true}", 'set: {confirmed: "{{ event.digits | int }}", said: "d{{ event.digits }}"}'
        )
    )
    line.answer()
    line.detect("human_residence")

    line.press("1")

    assert line.call.answers == {"confirmed": 1, "said": "d1"}


def test_rule_2_each_answer_sees_those_before_it() -> None:
    line = Line(
        GREETING.replace("set: {confirmed: true}", 'set: {said: "{{ event.digits }}", confirmed: "{{ answers.said }}"}')
    )
    line.answer()
    line.detect("human")

    line.press("1")

    assert line.call.answers == {"confirmed": "1", "said": "1"}


def test_rule_2_the_event_is_known_only_in_a_branch() -> None:
    problem = only_problem(GREETING.replace("payload: Thanks", 'payload: "{{ event.digits }}"'))

    assert problem.step == "thanks"
    assert "event is known only in a branch" in problem.detail


def test_rule_2_private_answers_are_kept_but_not_exported() -> None:
    line = Line("name: a\nanswers: {_pin: 7, said: x}\nstart: bye\nsteps:\n" + HANGUP)

    assert line.call.answers == {"_pin": 7, "said": "x"}
    assert line.call.public_answers() == {"said": "x"}


def test_rule_3_an_outcome_must_be_declared() -> None:
    problem = only_problem(GREETING.replace("outcome: confirmed", "outcome: confirmd"))

    assert (problem.step, problem.line) == ("greet", 17)
    assert "the outcome confirmd is not declared; add it to outcomes" in problem.detail


def test_rule_3_the_outcomes_of_the_engine_need_no_declaration() -> None:
    load_flow(GREETING.replace("outcome: heard", "outcome: error"))


def test_rule_3_who_confirms_and_hangs_up_has_confirmed() -> None:
    line = Line(GREETING)
    line.answer()
    line.detect("human")
    line.press("1")

    line.hang_up()

    assert line.call.outcome == "confirmed"


def test_rule_3_the_last_outcome_wins() -> None:
    line = Line(GREETING)
    line.answer()
    line.detect("human")

    outcomes = [line.call.outcome, line.press("5").call.outcome, line.press("9").call.outcome]

    assert outcomes == ["hung_up", "heard", "opted_out"]


def test_rule_3_a_call_that_nobody_answered_has_no_outcome() -> None:
    line = Line(GREETING)

    line.hang_up("user_busy")

    assert line.call.outcome is None


def test_rule_3_an_outcome_on_a_step_counts_when_it_is_entered() -> None:
    line = Line(GREETING)
    line.answer()
    line.detect("machine")

    line.hear("call.machine.premium.greeting.ended", {"result": "beep_detected"})

    assert line.call.outcome == "voicemail"


@pytest.mark.parametrize(
    ("old", "new", "detail"),
    [
        (
            "answers: {confirmed: false",
            "answers: {con-firmed: 1, confirmed: false",
            "con-firmed is no name for an answer",
        ),
        ("inputs: {first_name: {}", "inputs: {first-name: {}, first_name: {}", "first-name is no name for an input"),
        ("outcomes: [confirmed,", "outcomes: [confirmed, confirmed,", "the outcome confirmed is there already"),
        ("first_name: {}", "first_name: {}, x: {required: true}", "the input x has no required"),
        ("said: null", 'said: "{{ contact.phone }}"', "a first value is plain"),
        ("said: null", "said: [1]", "the answer said is a single value"),
    ],
)
def test_declarations_are_checked(old: str, new: str, detail: str) -> None:
    assert detail in only_problem(GREETING.replace(old, new)).detail


@pytest.mark.parametrize(
    "step",
    [
        "{transfer: {to: '{{ contact.first_name }}'}, on: {target.call.hangup: bye}}",
        "{wait_for: call.dtmf.received, goto: bye, during: {playback_start: {audio_url: '{{ contact.first_name }}'}}}",
    ],
)
def test_a_value_that_cannot_be_sent_is_told_without_the_value(step: str) -> None:
    line = Line(f"name: a\ninputs: {{first_name: {{}}}}\nstart: first\nsteps:\n  first: {step}\n" + HANGUP)

    line.answer()

    assert "could not be filled in" in (line.decision.note or "")
    assert "Ann" not in (line.decision.note or "") + line.call.model_dump_json(include={"error", "step"})
    [(_, why)] = line.decision.unsendable
    assert "'Ann'" in why
