"""Rule 12: what YAML takes for something else is refused with its line and the quoted form to write."""

from __future__ import annotations

import json
import sys

import pytest

from tests.support.flows import GREETING, only_problem, problems_of

FLOW = """\
name: traps
answers: {said: null}
outcomes: [done]
start: first
steps:
  first:
    gather_using_speak:
      payload: Hello
      voice: female
      valid_digits: "19"
      terminating_digit: "#"
    on:
      call.gather.ended:
        - {match: {digits: "1"}, goto: second}
        - {outcome: done, goto: bye}
  second:
    transfer:
      to: "+14155550187"
    on: {target.call.hangup: bye}
  bye:
    hangup: {}
"""


def test_the_flow_without_traps_is_accepted() -> None:
    assert problems_of(FLOW) == []


@pytest.mark.parametrize(
    ("old", "new", "step", "line", "write"),
    [
        ('valid_digits: "19"', "valid_digits: 19", "first", 10, 'write valid_digits: "19"'),
        ('valid_digits: "19"', "valid_digits: 019", "first", 10, 'write valid_digits: "019"'),
        ('terminating_digit: "#"', "terminating_digit: #", "first", 11, 'write terminating_digit: "#"'),
        ('terminating_digit: "#"', "terminating_digit: # the hash", "first", 11, 'write terminating_digit: "#"'),
        ('terminating_digit: "#"', "terminating_digit:", "first", 11, 'write terminating_digit: ""'),
        ('terminating_digit: "#"', "terminating_digit: 0", "first", 11, 'write terminating_digit: "0"'),
        ("payload: Hello", "payload: {{ contact.phone }}", "first", 8, 'write payload: "{{ contact.phone }}"'),
        ("payload: Hello", "payload: true", "first", 8, 'write payload: "true"'),
        ("payload: Hello", "payload: 2026", "first", 8, 'write payload: "2026"'),
        ("payload: Hello", "payload: 1.5", "first", 8, 'write payload: "1.5"'),
        ("payload: Hello", "payload: ~", "first", 8, 'write payload: "~"'),
        ("voice: female", "voice: null", "first", 9, 'write voice: "null"'),
        ('to: "+14155550187"', "to: +14155550187", "second", 18, 'write to: "+14155550187"'),
        ('to: "+14155550187"', "to: {{ contact.phone }}", "second", 18, 'write to: "{{ contact.phone }}"'),
        ('digits: "1"', "digits: 1", "first", 14, 'write digits: "1"'),
        ('digits: "1"', "digits: 01", "first", 14, 'write digits: "01"'),
        ('digits: "1"', "digits: [1, '2']", "first", 14, 'write "1"'),
        ('{match: {digits: "1"}, goto: second}', "{when: true, goto: second}", "first", 14, 'write when: "true"'),
        ("goto: second", "goto: 2", "first", 14, 'write goto: "2"'),
        ("outcome: done", "outcome: 1", "first", 15, 'write outcome: "1"'),
        ("target.call.hangup: bye", "target.call.hangup: 7", "second", 19, 'write target.call.hangup: "7"'),
        ("name: traps", "name: 2026", None, 1, 'write name: "2026"'),
        ("outcomes: [done]", "outcomes: [done, 1]", None, 3, 'write "1"'),
        ("start: first", "start: {{ contact.phone }}", None, 4, 'write start: "{{ contact.phone }}"'),
    ],
)
def test_rule_12_the_error_names_step_and_line_and_what_to_write(
    old: str, new: str, step: str | None, line: int, write: str
) -> None:
    problems = problems_of(FLOW.replace(old, new, 1))

    told = [problem for problem in problems if problem.line == line]
    assert {problem.step for problem in told} == {step}
    assert write in " | ".join(problem.detail for problem in told)


def test_rule_12_a_step_named_by_a_number_is_refused() -> None:
    problem = [
        p for p in problems_of(FLOW.replace("second:", "2:").replace("goto: second", "goto: '2'")) if p.line == 16
    ]

    assert any('write "2":' in p.detail for p in problem)


def test_rule_12_text_with_braces_in_the_middle_breaks_the_syntax_and_says_why() -> None:
    problem = only_problem(FLOW.replace("payload: Hello", "payload: {{ contact.phone }} hello"))

    assert problem.line == 8
    assert 'must stand in quotes; write "{{ contact.phone }} hello"' in problem.detail


def test_rule_12_a_hash_that_hides_the_end_of_a_map_says_why() -> None:
    problem = only_problem(GREETING.replace('valid_digits: "19"', "terminating_digit: #"))

    assert (problem.line, problem.step) == (13, None)
    assert 'an unquoted # starts a comment and hides the rest of the line; write "#"' in problem.detail


def test_rule_12_a_state_is_text() -> None:
    assert 'write state: "7"' in only_problem(FLOW.replace("  bye:\n", "  bye:\n    state: 7\n")).detail


def test_rule_12_yes_and_on_are_words_and_need_no_quotes() -> None:
    text = FLOW.replace("payload: Hello", "payload: yes").replace("outcomes: [done]", "outcomes: [done, on, no]")

    assert problems_of(text.replace("outcome: done", "outcome: on")) == []


def test_rule_12_json_has_the_same_traps() -> None:
    text = (
        '{"name": "a", "start": "first", "steps": {\n"first": {"gather": {"valid_digits": 19},\n'
        '"on": {"call.gather.ended": "bye"}},\n"bye": {"hangup": {}}}}'
    )

    problem = problems_of(text, "application/json")[0]

    assert (problem.step, problem.line) == ("first", 2)
    assert 'write valid_digits: "19"' in problem.detail


@pytest.mark.parametrize("bracket", ["[", "{", "[{", "x: [[", "[a,", "{a,", "- [", "[a: "])
def test_brackets_without_end_are_refused_where_they_go_too_deep_and_no_later(bracket: str) -> None:
    few, many = (bracket * 1_000)[:1_000], (bracket * 100_000)[:100_000]

    refused = [problem.detail for problem in problems_of(many)]

    assert refused == ["nested more than 40 deep"]
    # Each open bracket used to be asked about again at each of the thousand characters behind it.
    assert _lines_run(many) <= 1.1 * _lines_run(few) < 300_000


def _lines_run(flow: str) -> int:
    """Return how many steps of Python it takes to check a flow: a measure of work that no machine is too slow for."""
    lines = 0

    def count(*_: object) -> object:
        nonlocal lines
        lines += 1
        return count

    before = sys.gettrace()
    sys.settrace(count)  # type: ignore[arg-type]  # it returns itself
    try:
        problems_of(flow)
    finally:
        sys.settrace(before)
    return lines


@pytest.mark.parametrize("nested", ["(" * 9_000, "not " * 4_000, "-" * 9_000, "a if " * 3_000, "a | default(" * 1_500])
def test_an_expression_that_nests_without_end_is_refused_and_breaks_nothing(nested: str) -> None:
    for text in (f"{{{{ {nested} }}}}", f"{{{{ {nested}a{')' * nested.count('(')} }}}}"):
        flow = FLOW.replace("payload: Hello", f"payload: {json.dumps(text)}")

        assert any(problem.step == "first" for problem in problems_of(flow))
