"""What is spoken as SSML is SSML, whatever a contact carries; what is spoken as text is left as it is."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from orchestrator.errors import InvalidFlow
from orchestrator.flow import load_flow
from orchestrator.flow.actions import Command
from orchestrator.flow.engine.render_command import render_body
from orchestrator.flow.library import StoredFlow
from tests.support.flows import Line, only_problem, problems_of

NO_ROOT = "there is no speak element"
BROKEN = "a mark is broken (write & as &amp;, < as &lt;, and an attribute in quotes)"


def flow(payload: str, *, kind: str | None = "ssml", command: str = "speak", field: str = "payload") -> str:
    fields: dict[str, Any] = {
        "payload": "<speak>x</speak>" if kind == "ssml" else "x",
        "voice": "female",
        field: payload,
    }
    if kind is not None:
        fields["payload_type"] = kind
    ending = "call.speak.ended" if command == "speak" else "call.gather.ended"
    steps = {"first": {command: fields, "on": {ending: "bye"}}, "bye": {"hangup": {}}}
    return json.dumps({"name": "test", "inputs": {"a": {"default": ""}}, "start": "first", "steps": steps})


@pytest.mark.parametrize(
    ("payload", "fault"),
    [
        ("<speak>Jack & Jones</speak>", f"{BROKEN}, near “<speak>Jack & Jones</speak>”"),
        ("<speak>hi", "an element is not closed"),
        ("<speak>1 < 2</speak>", BROKEN),
        ("<speak><break time=1s/></speak>", BROKEN),
        ("<speak><break></speak>", "an element is closed by another's end"),
        ("<speak>hi</speek>", "an element is closed by another's end"),
        ("hi", NO_ROOT),
        ("   ", NO_ROOT),
        ("<p>hi</p>", "its outermost element is p, not speak"),
        ("<Speak>hi</Speak>", "its outermost element is Speak, not speak"),
        ("<speak>hi</speak> there", "something stands behind the speak element"),
        ("<speak>a</speak><speak>b</speak>", "something stands behind the speak element"),
        ("<speak>&nbsp;</speak>", "undefined entity"),
        ("<speak>&#7;</speak>", "reference to invalid character number"),
        ("<speak>\x07</speak>", BROKEN),
        ("<speak a='1' a='2'/>", "duplicate attribute"),
        ("<!DOCTYPE speak [<!ENTITY a 'b'>]><speak>&a;</speak>", "a document type has no place in it"),
        ("<speak>{{ contact.a }} & co</speak>", BROKEN),
        ("<speak>{{ contact.a }}", "an element is not closed"),
        ("{{ contact.a }}", NO_ROOT),
        ("<{{ contact.a }}>x</{{ contact.a }}>", BROKEN),
        ("<speak {{ contact.a }}='1'>x</speak>", BROKEN),
        ("<speak><break time={{ contact.a }}/></speak>", BROKEN),
        ("<speak>{{ contact.a }}</speak>{{ contact.a }}", "something stands behind the speak element"),
    ],
)
@pytest.mark.parametrize(
    ("command", "field"),
    [("speak", "payload"), ("gather_using_speak", "payload"), ("gather_using_speak", "invalid_payload")],
)
def test_broken_ssml_is_refused_with_what_is_wrong(payload: str, fault: str, command: str, field: str) -> None:
    [problem] = problems_of(flow(payload, command=command, field=field), "application/json")

    assert problem.detail.startswith(f"{field} is not SSML: {fault}")
    assert (problem.step, problem.pointer) == ("first", f"/steps/first/{command}/{field}")


@pytest.mark.parametrize(
    "payload",
    [
        "<speak>Jack &amp; Jones</speak>",
        "<speak/>",
        " <speak>hi</speak>\n",
        "<speak>1 &lt; 2 &#38; 3</speak>",
        "<speak><![CDATA[1 < 2 & 3]]></speak>",
        "<speak><!-- said & done -->hi</speak>",
        '<?xml version="1.0"?><speak version="1.1" xmlns="http://www.w3.org/2001/10/synthesis" xml:lang="de">ö</speak>',
        '<?xml version="1.0" encoding="ISO-8859-1"?><speak>ö 漢字 😀</speak>',
        '<speak><prosody rate="{{ contact.a }}">{{ contact.a }}</prosody><break time="1s"/></speak>',
        "<speak><say-as interpret-as='{{ contact.a }}'>{{ contact.phone }}</say-as></speak>",
        "<speak><amazon:effect name='whispered'>hi</amazon:effect></speak>",
        "<speak>{{ contact.a if contact.a else '<b>' }}</speak>",
    ],
)
def test_good_ssml_is_accepted(payload: str) -> None:
    assert problems_of(flow(payload), "application/json") == []


@pytest.mark.parametrize("kind", [None, "text"])
@pytest.mark.parametrize(
    "payload",
    ["<speak>hi", "<speak>hi</speak>", "  <speak>{{ contact.a }}</speak>", "<speak/>", '<?xml version="1.0"?><speak/>'],
)
def test_ssml_that_would_be_read_out_with_its_marks_is_refused(payload: str, kind: str | None) -> None:
    [problem] = problems_of(flow(payload, kind=kind), "application/json")

    assert problem.detail == "payload is SSML, and would be read out with its marks; add payload_type: ssml"


@pytest.mark.parametrize("payload", ["1 < 2 & 3", "<hello>", "a <speak> of", "<speaker>", "{{ contact.a }}<", "&nbsp;"])
def test_text_may_hold_what_would_be_marks(payload: str) -> None:
    assert problems_of(flow(payload, kind=None), "application/json") == []


def test_ssml_whose_kind_is_filled_in_is_not_judged() -> None:
    assert problems_of(flow("<speak>hi", kind="{{ contact.a }}"), "application/json") == []


def test_the_kind_may_stand_among_the_defaults() -> None:
    text = """\
name: a
defaults: {speak: {voice: female, payload_type: ssml}}
start: first
steps:
  first: {speak: {payload: Hello}, on: {call.speak.ended: bye}}
  bye: {hangup: {}}
"""

    assert only_problem(text).detail.startswith(f"payload is not SSML: {NO_ROOT}")


@pytest.mark.parametrize(
    ("hello", "detail"),
    [
        ("{en-US: '<speak>Hi</speak>', es-US: '<speak>Hola</speak>'}", None),
        ("{en-US: '<speak>Hi {{ contact.phone }}</speak>', es-US: '<speak>Hola</speak>'}", None),
        (
            "{en-US: '<speak>Hi</speak>', es-US: '<speak>Hola'}",
            "payload in es-US is not SSML: an element is not closed",
        ),
        ("{en-US: 'Hi & bye', es-US: '<speak>Hola</speak>'}", f"payload in en-US is not SSML: {NO_ROOT}"),
    ],
)
def test_what_is_said_in_each_language_is_ssml(hello: str, detail: str | None) -> None:
    told = problems_of(f"""\
name: a
language: en-US
texts: {{hello: {hello}}}
start: first
steps:
  first:
    speak: {{payload: "{{{{ texts.hello }}}}", payload_type: ssml, voice: female}}
    on: {{call.speak.ended: bye}}
  bye: {{hangup: {{}}}}
""")

    assert [problem.detail[: len(detail or "")] for problem in told] == ([] if detail is None else [detail])


MARKED = "<speak><p a='{{ contact.a }}'>{{ contact.a }}</p></speak>"
NAMES = [
    "Jack & Jones",
    "<Ann>",
    "O'Neil",
    'the "boss"',
    "a]]>b",
    "&amp;",
    "<!--",
    "</speak>",
    "\x07bell",
    "漢字😀",
    "\ufffe",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_contact_is_text_in_ssml_and_untouched_in_text(name: str) -> None:
    marked = Line(load_flow(flow(MARKED), "application/json"), a=name)
    plain = Line(load_flow(flow("For {{ contact.a }}.", kind=None), "application/json"), a=name)

    marked.answer()
    plain.answer()

    heard = ET.fromstring(marked.sent[0].body["payload"])[0]
    kept = name.replace("\x07", "").replace("\ufffe", "")
    assert (heard.text or "", heard.attrib["a"]) == (kept, kept)
    assert plain.sent[0].body["payload"] == f"For {name}."


@given(st.text(max_size=40))
@example("\ud83d")
def test_whatever_is_filled_in_the_payload_is_ssml_and_utf_8(name: str) -> None:
    action = load_flow(flow(MARKED), "application/json").steps["first"].action
    assert isinstance(action, Command)

    payload = render_body(action, {"contact": {"a": name}})["payload"]

    ET.fromstring(payload.encode())


def test_only_what_is_spoken_is_escaped() -> None:
    text = flow("<speak>{{ contact.a }}</speak>").replace('"female"', '"{{ contact.a }}"')
    line = Line(load_flow(text, "application/json"), a="A&B")

    line.answer()

    assert (line.sent[0].body["payload"], line.sent[0].body["voice"]) == ("<speak>A&amp;B</speak>", "A&B")


def test_a_flow_that_was_stored_before_is_loaded_as_it_is() -> None:
    text = flow("<speak>Jack & Jones</speak>")

    with pytest.raises(InvalidFlow):
        load_flow(text, "application/json")
    stored = load_flow(text, "application/json", is_stored=True)

    assert stored.steps["first"].action.body["payload"] == "<speak>Jack & Jones</speak>"  # type: ignore[union-attr]  # a command


def test_a_flow_that_was_stored_before_is_included_as_it_is() -> None:
    shelved = StoredFlow(flow("<speak>hi"), "application/json")

    outer = "name: outer\nstart: a\nsteps:\n  a: {include: test@1}\n"
    loaded = load_flow(outer, library=lambda _name, _version: shelved)

    assert "a.first" in loaded.steps
