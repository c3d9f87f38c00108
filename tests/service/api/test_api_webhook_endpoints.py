"""Webhook endpoints over REST."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from orchestrator.model.webhook_secret import is_secret
from orchestrator.operations.notify.forget_events import forget_events
from orchestrator.operations.notify.webhook_signature import new_secret
from orchestrator.policy.webhook_endpoint import MOST_ENDPOINTS
from orchestrator.services import Services
from tests.support.raw_server import raw_server
from tests.support.rest import Rest, pointers
from tests.support.told import SECRET, Teller, answers, heard

URL = "https://crm.example/hooks?of=calls"


@pytest.fixture
def teller(services: Services) -> Teller:
    return Teller(services.sql)


def made(rest: Rest, **fields: Any) -> dict[str, Any]:
    created = rest.post("/v1/webhook-endpoints", {"url": URL, **fields})
    assert created.status_code == 201, created.text
    return dict(created.json or {})


def test_the_secret_is_shown_once(rest: Rest) -> None:
    created = made(rest, events=["call.ended"])
    path = f"/v1/webhook-endpoints/{created['id']}"

    assert is_secret(created["secret"])
    shown = rest.get(path).json
    assert shown == {name: value for name, value in created.items() if name != "secret"}
    assert (shown["url"], shown["events"], shown["disabled"]) == (URL, ["call.ended"], None)
    assert "secret" not in rest.get("/v1/webhook-endpoints").json["data"][0]


def test_a_repeated_request_makes_one_endpoint_and_tells_its_secret_again(rest: Rest) -> None:
    again = {"headers": {"Idempotency-Key": "k1"}}
    first = rest.post("/v1/webhook-endpoints", {"url": URL}, **again).json
    second = rest.post("/v1/webhook-endpoints", {"url": URL}, **again).json

    assert first == second
    assert len(rest.get("/v1/webhook-endpoints").json["data"]) == 1


def test_a_secret_of_ones_own_is_taken(rest: Rest) -> None:
    assert made(rest, secret=SECRET)["secret"] == SECRET


def test_the_secret_before_signs_too_for_a_day(rest: Rest, teller: Teller) -> None:
    first = made(rest)
    path = f"/v1/webhook-endpoints/{first['id']}"

    second = rest.post(f"{path}/rotate-secret").json
    row = teller.endpoint_row()

    assert (row.secret, row.previous_secret) == (second["secret"], first["secret"])
    assert second["previous_secret_until"] is not None
    assert rest.patch(path, {"secret": second["secret"]}).status_code == 200
    assert teller.endpoint_row().previous_secret == first["secret"]  # the same again is no rotation
    third = new_secret()
    assert rest.post(f"{path}/rotate-secret", {"secret": third}).json["secret"] == third


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"url": "http://crm.example/hook"}, {"/url": "url_invalid"}),
        ({"url": "https://10.0.0.1/hook"}, {"/url": "address_refused"}),
        ({"url": "https://localhost/hook"}, {"/url": "address_refused"}),
        ({"url": "https://[::1]/hook"}, {"/url": "address_refused"}),
        ({"url": "https://ann:secret@crm.example/"}, {"/url": "url_invalid"}),
        ({"url": "ftp://crm.example"}, {"/url": "url_invalid"}),
        ({"url": "https://crm.example/\r\nX: y"}, {"/url": "url_invalid"}),
        ({"events": ["call.eaten"]}, {"/events/0": "enum"}),
        ({"secret": "whsec_c2hvcnQ="}, {"/secret": "webhook_secret"}),
        ({"secret": "plain"}, {"/secret": "webhook_secret"}),
        ({"name": "x"}, {"/name": "unknown_field"}),
    ],
)
def test_what_would_never_work_is_refused_where_it_stands(
    rest: Rest, fields: dict[str, Any], found: dict[str, str]
) -> None:
    refused = rest.post("/v1/webhook-endpoints", {"url": URL, **fields})

    assert pointers(refused) == found
    assert "c2hvcnQ" not in refused.text


def test_an_endpoint_is_changed_disabled_and_enabled(rest: Rest) -> None:
    path = f"/v1/webhook-endpoints/{made(rest)['id']}"

    changed = rest.patch(path, {"url": "https://other.example/", "events": ["contact.finished"]}).json
    off = rest.patch(path, {"enabled": False}).json
    on = rest.patch(path, {"enabled": True}).json

    assert (changed["url"], changed["events"]) == ("https://other.example/", ["contact.finished"])
    assert off["disabled"]["reason"] == "by_request"
    assert on["disabled"] is None
    assert pointers(rest.patch(path, {"url": "http://other.example/"})) == {"/url": "url_invalid"}


def test_a_deleted_endpoint_receives_nothing_and_leaves_nothing(rest: Rest, teller: Teller) -> None:
    endpoint = made(rest)
    teller.tell("call.ended call_1")

    assert rest.delete(f"/v1/webhook-endpoints/{endpoint['id']}").status_code == 204

    assert rest.delete(f"/v1/webhook-endpoints/{endpoint['id']}").status_code == 404
    assert rest.get(f"/v1/webhook-endpoints/{endpoint['id']}").status_code == 404
    assert rest.get("/v1/webhook-endpoints").json["data"] == []
    assert teller.endpoint_row().secret == ""
    teller.tell("call.ended call_2")
    assert teller.deliverer().deliver_events() == 0
    assert [forget_events(teller.sql), forget_events(teller.sql)] == [1, 0]
    with teller.sql.connect() as tx:
        assert tx.execute(text("SELECT count(*) FROM webhook_endpoints")).scalar_one() == 0


def test_deliveries_say_what_became_of_them_and_are_made_again(rest: Rest, teller: Teller) -> None:
    with raw_server(answers(500, 200)) as server:
        endpoint = teller.endpoint(server.url)
        teller.tell("call.answered call_1", "call.ended call_1", "call.ended call_2")
        deliverer = teller.deliverer(server.url)
        deliverer.deliver_events()
        path = f"/v1/webhook-endpoints/{endpoint}/deliveries"

        listed = rest.get(path).json["data"]
        assert [(each["subject"], each["status"], each["answered"]) for each in listed] == [
            ("call_2", "delivered", 200),
            ("call_1", "pending", None),
            ("call_1", "pending", 500),
        ]
        assert listed[1]["next_try_at"] is None and listed[2]["next_try_at"] is not None
        page = rest.get(f"{path}?limit=2").json
        assert [each["id"] for each in rest.get(f"{path}?cursor={page['next_cursor']}").json["data"]] == [
            listed[2]["id"]
        ]
        assert len(rest.get(f"{path}?status=pending").json["data"]) == 2

        assert rest.post(f"{path}/{listed[0]['id']}/redeliver").status_code == 202
        assert rest.post(f"{path}/{listed[2]['id']}/redeliver").json["tries"] == 0
        deliverer.deliver_events()

    assert heard(server)[2:] == ["call.answered call_1", "call.ended call_2", "call.ended call_1"]
    again = rest.get(path).json["data"]
    assert {each["status"] for each in again} == {"delivered"}
    assert [each["subject"] for each in again] == [each["subject"] for each in listed]


def test_a_test_event_goes_to_this_endpoint_alone(rest: Rest, teller: Teller) -> None:
    with raw_server(answers(200)) as server:
        endpoint = teller.endpoint(server.url, "call.ended")
        teller.endpoint(server.url.replace("/v2", "/other"))

        sent = rest.post(f"/v1/webhook-endpoints/{endpoint}/test")
        teller.deliverer(server.url).deliver_events()

    assert (sent.status_code, sent.json["type"], sent.json["status"]) == (202, "endpoint.test", "pending")
    assert [request.line.split()[1] for request in server.requests] == ["/v2"]
    assert heard(server) == [f"endpoint.test {endpoint}"]


def test_a_disabled_endpoint_is_not_tested_and_nothing_is_made_again(rest: Rest, teller: Teller) -> None:
    endpoint = made(rest)["id"]
    teller.tell("call.ended call_1")
    event = rest.get(f"/v1/webhook-endpoints/{endpoint}/deliveries").json["data"][0]["id"]
    rest.patch(f"/v1/webhook-endpoints/{endpoint}", {"enabled": False})

    for path in ("test", f"deliveries/{event}/redeliver"):
        refused = rest.post(f"/v1/webhook-endpoints/{endpoint}/{path}")
        assert (refused.status_code, refused.json["code"]) == (409, "endpoint_disabled")


@pytest.mark.parametrize("event", ["evt_00000000000000000000000000", "evt_6ZKZVD32BABGH9SHBKD66H8X23", "evt_1"])
def test_a_delivery_that_was_never_made_is_not_found(rest: Rest, event: str) -> None:
    endpoint = made(rest)["id"]

    missing = rest.post(f"/v1/webhook-endpoints/{endpoint}/deliveries/{event}/redeliver")

    assert missing.status_code == 404
    assert rest.get(f"/v1/webhook-endpoints/{endpoint}/deliveries?cursor=ZXZ0X3p6eg").json["data"] == []


def test_there_are_only_so_many_endpoints(rest: Rest) -> None:
    for _ in range(MOST_ENDPOINTS):
        made(rest)

    refused = rest.post("/v1/webhook-endpoints", {"url": URL})

    assert (refused.status_code, refused.json["code"]) == (409, "too_many_endpoints")
