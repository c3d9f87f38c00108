"""Rule 11: templates are checked by their syntax tree and never take time or memory."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.flow.templating.expressions import BadExpression, parse_expression
from orchestrator.flow.templating.templates import parse_template
from orchestrator.flow.templating.values import TemplateFailure
from tests.support.flows import Line, flow_text, only_problem

SCOPE: dict[str, Any] = {
    "contact": {"name": "A & B", "n": 7, "none": None, "nested": {"city": "Ulm"}, "flag": True},
    "answers": {"q1": 2},
    "event": {"digits": "07"},
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Hello {{ contact.name }}!", "Hello A & B!"),
        ("{{ contact.n }}", 7),
        ("{{ contact.n }} ", "7 "),
        ("{{ contact.n + 1 }}", 8),
        ("{{ contact.n - answers.q1 }}", 5),
        ("{{ 'x' + contact.n }}", "x7"),
        ("{{ contact.none + 1 }}", None),
        ("{{ -contact.n }}", -7),
        ("{{ contact.nested.city }}", "Ulm"),
        ("{{ contact.name.city }}", None),
        ("{{ contact.flag }}!", "true!"),
        ("{{ contact.none }}!", "!"),
        ("{{ event.digits | int }}", 7),
        ("{{ 'x' | int }}", 0),
        ("{{ 'x' | int(5) }}", 5),
        ("{{ 'inf' | float }}", 0.0),
        ("{{ '2.5' | float }}", 2.5),
        ("{{ 2.456 | round(1) }}", 2.5),
        ("{{ contact.name | upper }}", "A & B"),
        ("{{ 'ab cd' | title }}", "Ab Cd"),
        ("{{ 'ab cd' | capitalize }}", "Ab cd"),
        ("{{ ' AB ' | trim | lower }}", "ab"),
        ("{{ contact.none | default('you') }}", "you"),
        ("{{ contact.name | default('you') }}", "A & B"),
        ("{{ contact.name | length }}", 5),
        ("{{ contact.name | replace('&', 'and') }}", "A and B"),
        ("{{ 'a' if answers.q1 > 1 else 'b' }}", "a"),
        ("{{ 'a' if answers.q1 > 5 }}", None),
        ("two\nlines\n", "two\nlines\n"),
    ],
)
def test_rule_11_what_a_template_gives(text: str, value: Any) -> None:
    assert parse_template(text).value(SCOPE) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("answers.q1 <= 2", True),
        ("answers.q1 < 2", False),
        ("answers.none <= 2", False),
        ("contact.name <= 2", False),
        ("contact.flag == 1", False),
        ("1 < answers.q1 < 3", True),
        ("not answers.q1 == 2 or event.digits == '07'", True),
        ("answers.q1 == 2 and event.digits != '07'", False),
        ("'0' in event.digits", True),
        ("'9' not in event.digits", True),
        ("'x' in contact.none", False),
        ("contact.n >= 7 and contact.n > 6", True),
    ],
)
def test_rule_11_what_an_expression_gives(text: str, value: bool) -> None:
    assert bool(parse_expression(text).read(SCOPE)) is value


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("{{ 'a' * 3 }}", "*"),
        ("{{ 2 ** 3 }}", "**"),
        ("{{ '%900000000d' % 1 }}", "%"),
        ("{{ 1 / 2 }}", "/"),
        ("{{ 1 // 2 }}", "//"),
        ("{{ 'a' ~ 'b' }}", "~"),
        ("{{ contact.name.upper() }}", "calls"),
        ("{{ shut('agents') }}", "calls"),
        ("{{ contact['name'] }}", "lookups in []"),
        ("{{ [1, 2] }}", "lists"),
        ("{{ {} }}", "maps"),
        ("{{ 1, 2 }}", "tuples"),
        ("{{ contact.name is defined }}", "tests"),
        ("{% if contact.name %}x{% endif %}", "statements"),
        ("{% raw %}x{% endraw %}", "statements"),
        ("{# hidden #}", "comments"),
        ("{{ contact.name | attr('x') }}", "there is no filter attr"),
        ("{{ contact.name | replace('a') }}", "the filter replace takes 2 arguments"),
        ("{{ contact.name | int(base=2) }}", "the filter int takes"),
        ("{{ contact.name", "unexpected end"),
        ("{{ }}", "Expected an expression"),
        ("{{ 1" + "0" * 20 + " }}", "beyond 2^53"),
        ("{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}", "nested too deeply"),
        ("{{ " + " + ".join("1" * 200) + " }}", "more than 100 parts"),
        ("x" * 20_001, "longer than 20,000"),
    ],
)
def test_rule_11_what_is_not_on_the_list_is_refused_by_name(text: str, named: str) -> None:
    with pytest.raises(BadExpression) as refused:
        parse_template(text)

    assert named in str(refused.value)


def test_rule_11_the_error_names_step_and_line() -> None:
    problem = only_problem(
        flow_text("""
        steps:
          first:
            speak: {payload: "{{ contact.phone * 2 }}"}
            on: {call.speak.ended: bye}
          bye: {hangup: {}}
    """)
    )

    assert (problem.step, problem.line, problem.pointer) == ("first", 8, "/steps/first/speak/payload")
    assert problem.detail.startswith("* cannot be used here")


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("{{ contact }}", "contact needs the name of one of its values, such as contact.phone"),
        ("{{ contakt.phone }}", "unknown: contakt; did you mean contact?"),
        ("{{ config.x }}", "unknown: config"),
        ("{{ answers.nope }}", "unknown: answers.nope"),
        ("{{ self }}", "unknown: self"),
        ("{{ range }}", "unknown: range"),
        ("{{ contact.__class__ }}", "unknown: contact.__class__"),
    ],
)
def test_rule_11_unknown_names_are_errors_at_check_time(text: str, detail: str) -> None:
    steps = f"steps:\n  first: {{speak: {{payload: '{text}'}}, on: {{call.speak.ended: bye}}}}\n  bye: {{hangup: {{}}}}"

    assert detail in only_problem(flow_text(steps)).detail


def test_rule_11_what_is_filled_into_ssml_is_escaped_and_the_rest_is_not() -> None:
    template = parse_template("<speak>{{ contact.name }}<break/>{{ '\"' }}</speak>")

    assert template.text(SCOPE, for_ssml=True) == "<speak>A &amp; B<break/>&quot;</speak>"


def test_rule_11_a_step_that_speaks_ssml_escapes() -> None:
    line = Line(
        flow_text("""
        inputs: {name: {}}
        steps:
          first:
            speak: {payload: "<speak>{{ contact.name }}</speak>", payload_type: ssml}
            on: {call.speak.ended: bye}
          bye: {hangup: {}}
    """),
        name="<b>&",
    )

    line.answer()

    assert line.sent[0].body["payload"] == "<speak>&lt;b&gt;&amp;</speak>"


@pytest.mark.parametrize(
    "text",
    [
        "{{ contact.long }}",
        "{{ contact.long + contact.long }}",
        "{{ 'aaaaaaaaaa' | replace('a', 'aaaaaaaaaa') | replace('a', 'aaaaaaaaaa') | replace('a', 'aaaaaaaaaa') }}",
    ],
)
def test_rule_11_at_most_3_000_characters_come_out(text: str) -> None:
    template = parse_template(text)

    with pytest.raises(TemplateFailure):
        template.value({"contact": {"long": "x" * 3_001}})


def test_rule_11_a_text_that_grows_too_long_is_a_failed_command_and_not_a_crash() -> None:
    line = Line(
        flow_text("""
        inputs: {name: {}}
        steps:
          first: {speak: {payload: "{{ contact.name }}!"}, on: {call.speak.ended: bye}}
          bye: {hangup: {}}
    """),
        name="x" * 3_000,
    )

    line.answer()

    assert (line.last, line.call.outcome) == (["hangup"], "error")
    assert line.call.error == {
        "command": "speak",
        "code": "template",
        "title": "the step could not be filled in",
        "detail": "more than 3,000 characters",
    }


def test_rule_11_a_value_the_command_does_not_take_is_a_failed_command_that_can_be_handled() -> None:
    line = Line(
        flow_text("""
        inputs: {agent: {}}
        answers: {why: null}
        steps:
          first:
            transfer: {to: "{{ contact.agent }}"}
            on: {target.call.hangup: bye, command.failed: {set: {why: "{{ event.code }}"}, goto: bye}}
          bye: {hangup: {}}
    """),
        agent="nobody",
    )

    line.answer()

    assert (line.last, line.call.answers) == (["hangup"], {"why": "template"})


def test_a_text_field_stays_text_and_a_number_field_keeps_its_number() -> None:
    line = Line(
        flow_text("""
        inputs: {digits: {}, zip: {}}
        steps:
          first:
            gather_using_speak: {payload: "{{ contact.zip }}", maximum_digits: "{{ contact.digits }}"}
            on: {call.gather.ended: bye}
          bye: {hangup: {}}
    """),
        digits=3,
        zip=89073,
    )

    line.answer()

    assert (line.sent[0].body["payload"], line.sent[0].body["maximum_digits"]) == ("89073", 3)


@pytest.mark.parametrize("attack", ["'a' * 300000000", "'%900000000d' % 1", "10 ** 10 ** 10"])
def test_rule_11_what_took_seconds_and_gigabytes_elsewhere_is_refused_at_once(attack: str) -> None:
    began = time.process_time()

    with pytest.raises(BadExpression):
        parse_template("{{ " + attack + " }}")

    assert time.process_time() - began < 1


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
EXPRESSIONS = [
    "contact.a + contact.b",
    "contact.a - contact.b",
    "-contact.a",
    "contact.a <= contact.b",
    "contact.a in contact.b",
    "contact.a.b.c == contact.b",
    "contact.a | int + contact.b | float",
    "contact.a | round(contact.b)",
    "contact.a | default(contact.b) | length",
    "contact.a | replace(contact.b, contact.a)",
    "contact.a | title | trim | upper | lower | capitalize",
    "contact.a if contact.b else contact.a and not contact.b",
]


@settings(max_examples=200, deadline=None)
@given(left=VALUES, right=VALUES, text=st.sampled_from(EXPRESSIONS))
def test_rule_11_no_value_breaks_an_expression(left: Any, right: Any, text: str) -> None:
    template = parse_template("{{ " + text + " }} {{ contact.a }}")

    try:
        said = template.text({"contact": {"a": left, "b": right}}, for_ssml=True)
    except TemplateFailure:
        return

    assert len(said) <= 3_000
