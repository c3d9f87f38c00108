"""Flows over REST: stored once, versioned by name, refused with the step and the line."""

from __future__ import annotations

import pytest

from tests.support.rest import FLOW, Rest, pointers


def test_a_new_flow_is_version_one(rest: Rest) -> None:
    stored = rest.request("POST", "/v1/flows", data=FLOW.format(name="hello"), content_type="application/yaml")

    assert stored.status_code == 201
    assert stored.json["name"] == "hello" and stored.json["version"] == 1
    assert stored.json["id"].startswith("flow_")


def test_the_same_name_and_content_is_the_same_flow(rest: Rest) -> None:
    first = rest.request("POST", "/v1/flows", data=FLOW.format(name="hello"), content_type="application/yaml")

    again = rest.request("POST", "/v1/flows", data=FLOW.format(name="hello"), content_type="application/yaml")

    assert again.status_code == 200
    assert again.json == first.json


def test_changed_content_is_the_next_version(rest: Rest) -> None:
    first = rest.flow("hello")

    changed = rest.flow("hello", FLOW.replace("Hello", "Good day"))

    assert changed["version"] == 2
    assert changed["id"] != first["id"]


def test_going_back_to_old_content_makes_it_the_newest_again(rest: Rest) -> None:
    rest.flow("hello")
    rest.flow("hello", FLOW.replace("Hello", "Good day"))

    back = rest.flow("hello")

    assert back["version"] == 3


def test_a_flow_is_shown_with_its_text(rest: Rest) -> None:
    flow = rest.flow("hello")

    shown = rest.get(f"/v1/flows/{flow['id']}")

    assert shown.status_code == 200
    assert shown.json["source"] == FLOW.format(name="hello")
    assert shown.json["created_at"].endswith("Z")


def test_flows_are_listed_newest_first_and_by_name(rest: Rest) -> None:
    for name in ("one", "two", "three"):
        rest.flow(name)

    listed = rest.get("/v1/flows").json["data"]
    named = rest.get("/v1/flows?name=two").json["data"]

    assert [flow["name"] for flow in listed] == ["three", "two", "one"]
    assert [flow["name"] for flow in named] == ["two"]


def test_a_flow_with_problems_names_step_and_line(rest: Rest) -> None:
    broken = FLOW.format(name="hello").replace("call.speak.ended: bye", "call.gather.ended: bye")

    refused = rest.request("POST", "/v1/flows", data=broken, content_type="application/yaml")

    assert refused.status_code == 422
    assert refused.json["code"] == "invalid_flow"
    assert any(error["step"] == "greet" and error["line"] > 1 for error in refused.json["errors"])


def test_a_warning_is_told_by_the_check_and_refuses_nothing(rest: Rest) -> None:
    text = (
        "name: early\noutcomes: [left]\nstart: leave\nsteps:\n"
        "  leave: {speak: {payload: x, voice: female}, outcome: left, on: {call.speak.ended: bye}}\n"
        "  bye: {hangup: {}}\n"
    )

    checked = rest.request("POST", "/v1/flows/check", data=text, content_type="application/yaml")
    stored = rest.request("POST", "/v1/flows", data=text, content_type="application/yaml")

    assert (checked.json["ok"], checked.json["errors"], stored.status_code) == (True, [], 201)
    [warning] = checked.json["warnings"]
    assert (warning["step"], warning["line"], warning["pointer"]) == ("leave", 5, "/steps/leave/outcome")
    assert "call.speak.ended: [{match: {status: completed}, outcome: left, goto: …}, {goto: …}]" in warning["detail"]


def test_a_check_stores_nothing(rest: Rest) -> None:
    good = rest.request("POST", "/v1/flows/check", data=FLOW.format(name="hello"), content_type="application/yaml")
    bad = rest.request("POST", "/v1/flows/check", data="name: x\nsteps: {}\n", content_type="application/yaml")

    assert (good.json["ok"], good.json["errors"]) == (True, [])
    assert bad.status_code == 200 and not bad.json["ok"]
    assert {"step", "line", "pointer", "detail"} <= bad.json["errors"][0].keys()
    assert rest.get("/v1/flows").json["data"] == []


def test_a_flow_may_come_as_json(rest: Rest) -> None:
    document = {"name": "json", "start": "bye", "steps": {"bye": {"hangup": {}}}}

    stored = rest.post("/v1/flows", document)

    assert stored.status_code == 201, stored.text


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"\xff\xfe\x00", "application/yaml", 422),
        (b"", "application/yaml", 422),
        (b"- just\n- a list\n", "application/yaml", 422),
        (b"{", "application/json", 422),
        (b"name: \x00", "application/yaml", 422),
        (b"name: x", "text/plain", 415),
        (b"name: x", "", 415),
        (b"#" * (256 * 1024 + 1), "application/yaml", 413),
    ],
)
def test_what_is_no_flow_is_refused(rest: Rest, body: bytes, content_type: str, status: int) -> None:
    refused = rest.request("POST", "/v1/flows", data=body, content_type=content_type)

    assert refused.status_code == status, refused.text
    assert refused.content_type == "application/problem+json"


def test_a_campaign_can_name_its_flow_by_name(rest: Rest) -> None:
    rest.flow("hello")
    newest = rest.flow("hello", FLOW.replace("Hello", "Good day"))

    campaign = rest.campaign(flow="hello")

    assert campaign["flow"] == {"id": newest["id"], "name": "hello", "version": 2}


def test_a_campaign_with_an_unknown_flow_is_refused(rest: Rest) -> None:
    refused = rest.post("/v1/campaigns", {"name": "x", "flow": "nowhere", "caller_ids": ["+12125550100"]})

    assert pointers(refused) == {"/flow": "unknown_flow"}


_OUTER = "name: outer\nstart: a\nsteps:\n  a: {{include: hello@{version}}}\n"


def test_a_flow_includes_a_version_that_is_stored(rest: Rest) -> None:
    rest.flow("hello")
    rest.flow("hello", FLOW.replace("Hello", "Good day"))

    checked = rest.request("POST", "/v1/flows/check", data=_OUTER.format(version=1), content_type="application/yaml")
    stored = rest.request("POST", "/v1/flows", data=_OUTER.format(version=1), content_type="application/yaml")

    assert checked.json == {"ok": True, "errors": [], "warnings": []}
    assert stored.status_code == 201


def test_a_flow_that_includes_an_unknown_version_is_refused(rest: Rest) -> None:
    rest.flow("hello")

    refused = rest.request("POST", "/v1/flows", data=_OUTER.format(version=2), content_type="application/yaml")

    assert refused.status_code == 422
    assert "there is no flow hello@2" in refused.text


STREAMING = b"name: s\nstart: a\nsteps:\n  a: {streaming_start: {stream_url: ours}, goto: b}\n  b: {hangup: {}}\n"


def test_a_flow_that_streams_to_a_receiver_that_is_not_set_up_is_refused_by_field(rest: Rest) -> None:
    refused = rest.request("POST", "/v1/flows", data=STREAMING, content_type="application/yaml")

    assert refused.status_code == 422
    assert pointers(refused) == {"/steps/a/streaming_start/stream_url": "no_receiver"}
    assert "ORCHESTRATOR_MEDIA_URL" in refused.text
