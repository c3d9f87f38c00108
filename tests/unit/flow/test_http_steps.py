"""Rule 14: a step that asks a web address and goes on by its answer."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.flows import Line, flow_text, only_problem, problems_of

ASK = """
inputs: {first_name: {}, customer: {default: "7"}}
answers: {plan: null, reason: null, tries: 3}
outcomes: [known]
steps:
  first:
    http:
      method: POST
      url: "https://crm.example.test/customers/{{ contact.customer }}?name={{ contact.first_name }}"
      json: {phone: "{{ contact.phone }}", tries: "{{ answers.tries }}", me: "{{ contact.first_name }}!", a: [true, 1]}
      timeout: 2s
    during: {playback_start: {media_name: music}}
    on:
      http.succeeded:
        - {match: {status: "204"}, goto: bye}
        - {set: {plan: "{{ event.body.plan.name }}"}, outcome: known, goto: tell}
      http.failed: {set: {reason: "{{ event.reason }} {{ event.status }}"}, goto: sorry}
      call.dtmf.received: bye
  tell: {speak: {payload: "Plan {{ answers.plan }}"}, on: {call.speak.ended: bye}}
  sorry: {speak: {payload: Sorry}, on: {call.speak.ended: bye}}
  bye: {hangup: {}}
"""
TEXT = flow_text(ASK)
URL = 'url: "https://crm.example.test/customers/{{ contact.customer }}?name={{ contact.first_name }}"'


def asking(text: str = TEXT, **contact: str) -> Line:
    line = Line(text, **contact)
    line.answer()
    return line


def told(line: Line, kind: str = "http.succeeded", **payload: Any) -> None:
    [asked] = [command for command in line.sent if command.action == "http"][-1:]
    line.own(kind, {"command_id": asked.command_id, "action": "http", **payload})


def test_rule_14_the_step_asks_and_something_is_heard_meanwhile() -> None:
    line = asking(first_name="Ann & Bo/?#", customer="../7")

    assert line.actions == ["playback_start", "http"]
    assert line.sent[1].body == {
        "method": "POST",
        "url": "https://crm.example.test/customers/..%2F7?name=Ann%20%26%20Bo%2F%3F%23",
        "json": {"phone": "+13125550142", "tries": 3, "me": "Ann & Bo/?#!", "a": [True, 1]},
        "timeout_s": 2.0,
    }


def test_rule_14_an_answer_leads_on_and_its_body_can_be_kept() -> None:
    line = asking()

    told(line, status=200, body={"plan": {"name": "gold"}})

    assert (line.call.step, line.call.answers["plan"], line.call.outcome) == ("tell", "gold", "known")
    assert line.last == ["playback_stop", "speak"]
    assert [one.action for one in line.call.outstanding] == ["playback_start", "speak"]


def test_rule_14_no_answer_leads_elsewhere() -> None:
    line = asking()

    told(line, "http.failed", status=503, body="busy", reason="status", detail="answered 503")

    assert (line.call.step, line.call.answers["reason"]) == ("sorry", "status 503")


def test_the_status_is_compared_as_text() -> None:
    line = asking()

    told(line, status=204, body="")

    assert line.last == ["hangup"]


@pytest.mark.parametrize("body", [None, "text", [], {"plan": "x"}, {"plan": {"name": {"deep": ["x" * 4_000]}}}])
def test_whatever_the_body_is_the_call_goes_on(body: Any) -> None:
    line = asking()

    told(line, status=200, body=body)

    assert (line.call.step, line.call.answers["plan"]) == ("tell", None)


def test_an_answer_told_twice_is_heard_once() -> None:
    line = asking()
    told(line, status=200, body={})
    line.accept(line.sent[-1])

    told(line, status=200, body={})

    assert line.last == []


def test_an_answer_to_a_step_that_was_left_moves_nothing() -> None:
    line = asking(TEXT.replace("call.dtmf.received: bye", "call.dtmf.received: tell"))
    line.hear("call.dtmf.received", {"digit": "1"})
    assert (line.call.step, line.decision.drop) == ("tell", "step")

    told(line, status=200, body={})

    assert (line.call.step, line.last) == ("tell", [])


def test_r12_an_answer_after_the_end_moves_nothing_and_nobody_is_asked() -> None:
    line = asking()
    line.hang_up()

    told(line, status=200, body={})

    assert (line.call.step, line.last) == ("first", [])


def test_a_step_whose_answer_never_comes_is_stalled() -> None:
    line = asking()

    line.fire("stall:1")

    assert (line.last, line.call.outcome) == (["hangup"], "stalled")


def test_what_cannot_be_filled_in_is_a_failure_and_nobody_is_asked() -> None:
    line = asking(customer="x" * 4_000)

    assert "http" not in line.actions
    assert (line.call.step, line.call.answers["reason"]) == ("sorry", "template ")


def test_goto_goes_on_whatever_the_answer_is() -> None:
    text = flow_text("steps:\n  first: {http: {url: 'https://a.test/'}, goto: bye}\n  bye: {hangup: {}}")
    for kind in ("http.succeeded", "http.failed"):
        line = asking(text)
        assert line.sent[0].body == {"method": "GET", "url": "https://a.test/", "timeout_s": 3.0}

        told(line, kind, status=None)

        assert line.last == ["hangup"]


@pytest.mark.parametrize(
    ("old", "new", "detail"),
    [
        (URL, 'url: "{{ contact.customer }}"', "url is https:// or http://"),
        (URL, 'url: "https://{{ contact.customer }}/x"', "url is https:// or http://"),
        (URL, 'url: "https://crm.example.test{{ contact.customer }}"', "url is https:// or http://"),
        (URL, 'url: "https://crm.example.test:{{ contact.customer }}/"', "url is https:// or http://"),
        (URL, 'url: "https://crm@{{ contact.customer }}/"', "url is https:// or http://"),
        (URL, 'url: "https://user:pw@crm.example.test/"', "url is https:// or http://"),
        (URL, "url: ftp://crm.example.test/", "url is https:// or http://"),
        (URL, "url: crm.example.test", "url is https:// or http://"),
        (URL, 'url: "https://crm.example.test/{{ contact.nobody }}"', "unknown: contact.nobody"),
        (URL, "url: 7", "url is text"),
        (URL, "uri: https://a.test/", "http needs url"),
        ("method: POST", "method: FETCH", "method is one of GET"),
        ("method: POST", "method: GET", "GET carries no json"),
        ("timeout: 2s", "timeout: 11s", "timeout is 1s to 10s"),
        ("timeout: 2s", "timeout: 500ms", "timeout is 1s to 10s"),
        ("timeout: 2s", "timeout: 2", "a duration is text"),
        ("timeout: 2s", "headers: {}", "http has no headers"),
        ("{{ answers.tries }}", "{{ answers.try }}", "unknown: answers.try"),
        ("{{ event.reason }}", "{{ event.digits }}", "unknown: event.digits"),
        ("call.dtmf.received: bye", "call.speak.ended: bye", "call.speak.ended"),
        ("http.failed: {", "http.fail: {", "there is no event http.fail"),
    ],
)
def test_a_wrong_request_is_told_with_its_step(old: str, new: str, detail: str) -> None:
    problems = problems_of(TEXT.replace(old, new))

    assert any(detail in p.detail and p.step == "first" for p in problems), [str(p) for p in problems]
    assert all(10 <= p.line <= 23 for p in problems if p.step == "first")


@pytest.mark.parametrize("event", ["http.succeeded", "http.failed"])
def test_both_answers_lead_somewhere(event: str) -> None:
    ways = {"http.succeeded": "bye", "http.failed": "bye"}
    ways.pop(event)
    on = ", ".join(f"{name}: {step}" for name, step in ways.items())

    problem = only_problem(
        flow_text(f"steps:\n  first: {{http: {{url: 'https://a.test/'}}, on: {{{on}}}}}\n  bye: {{hangup: {{}}}}")
    )

    assert problem.detail == f"nothing follows {event}: name it under on, or give a goto"


def test_the_answer_of_a_web_address_comes_to_no_other_step() -> None:
    sorry = "{speak: {payload: Sorry}, on: {call.speak.ended: bye"

    problem = only_problem(TEXT.replace(sorry, f"{sorry}, http.failed: bye"))

    assert "speak cannot cause http.failed" in problem.detail
