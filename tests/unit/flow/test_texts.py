"""Rule 14: what a flow says, by language."""

from __future__ import annotations

import pytest

from orchestrator.flow import load_flow
from tests.support.flows import Line, flow_text, only_problem, problems_of

TEXTS = """
language: en-US
inputs: {first_name: {}, language: {default: ""}}
texts:
  greeting: {en-US: "Hello {{ contact.first_name }}!", es-US: "¡Hola {{ contact.first_name }}!", pt-BR: Olá}
  menu: {en-US: <p>Press 1</p>, es-US: <p>Marque 1</p>, pt-BR: "<p>{{ contact.first_name }} tecle 1</p>"}
answers: {language: null, same: null}
steps:
  first: {speak: {payload: "{{ texts.greeting }} {{ language }}"}, on: {call.speak.ended: ask}}
  ask:
    gather_using_speak: {payload: "<speak>{{ texts.menu }}</speak>", payload_type: ssml, language: "{{ language }}"}
    on: {call.gather.ended: keep}
  keep: {set: {language: "{{ language }}", same: "{{ texts.greeting == 'Olá' }}"}, goto: bye}
  bye: {hangup: {}}
"""
TEXT = flow_text(TEXTS)


def spoken(**contact: str) -> Line:
    line = Line(TEXT, **contact)
    line.answer()
    return line


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en-US", "Hello Ann! en-US"),
        ("es-US", "¡Hola Ann! es-US"),
        ("ES_us", "¡Hola Ann! es-US"),
        ("es-MX", "¡Hola Ann! es-US"),
        ("es", "¡Hola Ann! es-US"),
        ("pt", "Olá pt-BR"),
        ("fr-FR", "Hello Ann! en-US"),
        ("", "Hello Ann! en-US"),
    ],
)
def test_rule_14_a_text_is_said_in_the_contacts_language_or_else_the_flows(language: str, said: str) -> None:
    assert spoken(language=language).sent[0].body["payload"] == said


def test_within_ssml_the_texts_own_marks_stay_and_what_is_filled_in_is_escaped() -> None:
    line = spoken(language="pt-BR", first_name="<Ann> & co")

    line.hear("call.speak.ended")

    body = line.sent[-1].body
    assert body["payload"] == "<speak><p>&lt;Ann&gt; &amp; co tecle 1</p></speak>"


def test_a_text_may_stand_in_conditions_and_answers() -> None:
    line = spoken(language="pt-BR")
    line.hear("call.speak.ended")

    line.press("1")

    assert line.call.answers == {"language": "pt-BR", "same": True}


def test_a_flow_without_a_language_speaks_the_default_of_its_input() -> None:
    text = TEXT.replace("language: en-US\n", "", 1).replace('language: {default: ""}', "language: {default: es-US}")
    line = Line(text, language="fr")

    line.answer()

    assert line.sent[0].body["payload"] == "¡Hola Ann! es-US"


@pytest.mark.parametrize("missing", ["en-US", "es-US"])
def test_rule_14_a_missing_translation_is_told_by_language_and_text(missing: str) -> None:
    written = {"en-US": "en-US: <p>Press 1</p>, ", "es-US": "es-US: <p>Marque 1</p>, "}[missing]

    problem = only_problem(TEXT.replace(written, ""))

    assert problem.detail == f"the text menu has no {missing}; the texts are said in en-US, es-US, pt-BR"
    assert (problem.line, problem.pointer) == (10, "/texts/menu")


@pytest.mark.parametrize(
    ("old", "new", "detail", "line"),
    [
        ("{{ texts.greeting }} {{", "{{ texts.greetings }} {{", "unknown: texts.greetings; did you mean greeting?", 13),
        ("{{ texts.greeting }} {{", "{{ texts }} {{", "texts needs the name of one of its values", 13),
        ("pt-BR: Olá", "pt-BR: '{{ texts.menu }}'", "unknown: texts", 9),
        ("pt-BR: Olá", "pt-BR: '{{ event.digit }}'", "event is known only", 9),
        ("pt-BR: Olá", "pt-BR: '{{ contact.nickname }}'", "unknown: contact.nickname", 9),
        ("pt-BR: Olá", "pt-BR: 7", "the text greeting is text", 9),
        ("language: en-US\n", "", "texts need the flow's language", 7),
        ("language: en-US\n", "language: english\n", "english is no language", 6),
        ("language: en-US\n", "language: 7\n", "language is text", 6),
        ("  menu: {", "  menue_: []\n  menu: {", "the text menue_ is a map", 10),
        ("  menu: {", "  more: {}\n  menu: {", "the text more has no languages", 10),
    ],
)
def test_wrong_texts_are_told_with_their_line(old: str, new: str, detail: str, line: int) -> None:
    problems = problems_of(TEXT.replace(old, new, 1))

    assert any(detail in p.detail and p.line == line for p in problems), [str(p) for p in problems]


def test_a_language_without_texts_is_told() -> None:
    problem = only_problem("name: a\nlanguage: en-US\nstart: bye\nsteps:\n  bye: {hangup: {}}")

    assert (problem.line, problem.pointer) == (2, "/language")


def test_language_is_no_name_in_a_flow_without_texts() -> None:
    first = "first: {speak: {payload: '{{ language }}'}, on: {call.speak.ended: bye}}"

    problem = only_problem(flow_text(f"steps:\n  {first}\n  bye: {{hangup: {{}}}}"))

    assert "unknown: language" in problem.detail


def test_a_text_that_grows_too_long_is_a_failure_of_its_step() -> None:
    line = Line(TEXT, first_name="x" * 4_000)

    line.answer()

    assert (line.last, line.call.outcome, (line.call.error or {}).get("code")) == (["hangup"], "error", "template")


def test_texts_are_no_problem_for_a_flow_that_has_them_all() -> None:
    assert problems_of(TEXT) == []
    assert load_flow(TEXT).texts is not None
