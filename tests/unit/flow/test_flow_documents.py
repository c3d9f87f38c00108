"""What can be read at all: YAML 1.2 and JSON, with lines, within limits."""

from __future__ import annotations

import json

import pytest

from orchestrator.errors import InvalidFlow
from orchestrator.flow import load_flow, parse_flow
from tests.support.flows import GREETING, problems_of


def told(text: bytes | str, content_type: str = "application/yaml") -> str:
    with pytest.raises(InvalidFlow) as refused:
        parse_flow(text, content_type)
    return str(refused.value.problems[0])


def test_on_and_no_are_words() -> None:
    document = parse_flow("on: no\nyes: off")

    assert {key: node.value for key, node in document.root.value.items()} == {"on": "no", "yes": "off"}


def test_the_same_flow_in_json_is_the_same_flow() -> None:
    yaml = "name: a\nstart: bye\nsteps:\n  bye: {hangup: {}}"

    flow = load_flow(
        '{"name": "a", "start": "bye", "steps": {"bye": {"hangup": {}}}}', "application/json; charset=utf-8"
    )

    assert flow == load_flow(yaml)


def test_a_problem_in_json_names_its_line() -> None:
    text = json.dumps({"name": "a", "start": "bye", "steps": {"bye": {"hangup": {}, "oops": 1}}}, indent=1)

    problem = problems_of(text, "application/json")[0]

    assert (problem.step, problem.line, problem.pointer) == ("bye", 7, "/steps/bye/oops")


def test_a_repeated_key_is_refused_where_it_stands_again() -> None:
    problems = problems_of(GREETING + "  bye: {hangup: {}}\n")

    assert [(p.step, p.pointer) for p in problems] == [("bye", "/steps/bye")]
    assert "a second time; the first is on line" in problems[0].detail


def test_a_repeated_key_in_json_is_refused() -> None:
    text = '{"name": "a", "start": "bye",\n "steps": {"bye": {"hangup": {}},\n "bye": {"hangup": {}}}}'

    problem = problems_of(text, "application/json")[0]

    assert (problem.line, problem.step) == (3, "bye")


def test_an_anchor_may_be_used_again() -> None:
    flow = load_flow(
        "name: a\nstart: one\nsteps:\n  one: {speak: &said {payload: x, voice: female}, on: {call.speak.ended: two}}\n"
        "  two: {speak: *said, on: {call.speak.ended: bye}}\n  bye: {hangup: {}}"
    )

    assert set(flow.steps) == {"one", "two", "bye"}


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("", "the document is empty"),
        ("a: [1, 2", "line 1: not YAML"),
        ("a: 1\n---\nb: 2", "line 2: one flow, one document"),
        ("%YAML 1.1\n---\na: on", "a flow is YAML 1.2"),
        ("a: !!python/object:os.system x", "tags such as"),
        ("a: *nobody", "nothing before this is named &nobody"),
        ("a: &a [1, *a]", "*a stands within what it names"),
        ('a: "\\ud800"', "half of a surrogate pair"),
        ('a: "\\0"', "a NUL character"),
        ("[" * 50, "nested more than 40 deep"),
        (b"a: \xff", "this is not UTF-8"),
        (b"\n\na: \xff", "line 3"),
        ("a: x\n" + "# \n" * 90_000, "256,000"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_reason(text: bytes | str, detail: str) -> None:
    assert detail in told(text)


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("", "a value is missing"),
        ("{", "a name in quotes is missing"),
        ('{"a": 1,}', "a name in quotes is missing"),
        ('{"a": [1,]}', "a value is missing"),
        ('{"a": tru}', "a value is missing"),
        ('{"a":\n"x', "line 2: not JSON: Unterminated string"),
        ('{"a": 1} {}', "something follows the end"),
        ('{"a": "\\ud800"}', "half of a surrogate pair"),
        ("[" * 100_000, "nested more than 40 deep"),
    ],
)
def test_what_is_no_json_is_refused_with_its_reason(text: str, detail: str) -> None:
    assert detail in told(text, "application/json")


def test_too_many_nodes_are_refused_before_they_are_built() -> None:
    assert "more than 2,000 nodes" in told("a: [" + "1," * 2_001 + "]")
    assert "more than 2,000 nodes" in told("[" + "1," * 2_001 + "1]", "application/json")


def test_aliases_count_as_if_they_were_written_out() -> None:
    bomb = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{name}: &{name} [{','.join([f'*{before}'] * 10)}]\n"
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    )

    assert "more than 2,000 nodes" in told(bomb)


def test_every_problem_is_told_at_once_in_the_order_of_the_lines() -> None:
    text = GREETING.replace("goto: thanks}", "goto: nowhere}").replace("outcome: voicemail", "outcome: vociemail")

    lines = [problem.line for problem in problems_of(text)]

    assert len(lines) >= 2
    assert lines == sorted(lines)


def test_an_invalid_flow_carries_its_problems_for_a_rest_answer() -> None:
    with pytest.raises(InvalidFlow) as refused:
        load_flow("name: a\nstart: bye\nsteps:\n  bye: {hangup: {}, nonsense: 1}")

    error = refused.value.errors[0]
    assert (error["pointer"], error["step"], error["line"]) == ("/steps/bye/nonsense", "bye", 4)
    assert refused.value.code == "invalid_flow"


@pytest.mark.parametrize("text", ["[]", "text", "name: a", "steps: []", "steps: {a: []}\nstart: a", "name: [x]"])
def test_a_document_of_another_shape_is_told_and_not_raised(text: str) -> None:
    assert problems_of(text)
