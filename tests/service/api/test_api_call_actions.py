"""Commands on a live call over REST: what is taken, what is refused, and what is sent once."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from orchestrator.model.event import ACTION_REQUESTED
from orchestrator.services import Services
from orchestrator.store.redis.keys import Keys
from tests.support.ledger_rows import ended_call, live_call
from tests.support.rest import Rest, pointers


def _events(services: Services) -> list[dict[str, Any]]:
    return [orjson.loads(fields[b"own"]) for _, fields in services.redis.xrange(Keys().events)]


def test_a_command_on_a_live_call_enters_its_stream(rest: Rest, services: Services) -> None:
    call = live_call(rest, services)

    sent = rest.post(f"/v1/calls/{call}/actions/speak", {"payload": "Hello", "voice": "female"})

    assert sent.status_code == 202
    (event,) = _events(services)
    assert event["type"] == ACTION_REQUESTED and event["call_id"] == call
    assert event["payload"] == {
        "command_id": sent.json["command_id"],
        "action": "speak",
        "body": {"payload": "Hello", "voice": "female"},
    }


def test_a_command_without_fields_needs_no_body(rest: Rest, services: Services) -> None:
    call = live_call(rest, services)

    sent = rest.post(f"/v1/calls/{call}/actions/hangup")

    assert sent.status_code == 202
    assert _events(services)[0]["payload"]["body"] == {}


def test_a_command_sent_again_under_its_key_is_one_command(rest: Rest, services: Services) -> None:
    call = live_call(rest, services)
    send = {"json": {"digits": "1"}, "headers": {"Idempotency-Key": "a"}}

    first = rest.post(f"/v1/calls/{call}/actions/send_dtmf", **send)
    again = rest.post(f"/v1/calls/{call}/actions/send_dtmf", **send)

    assert first.json == again.json and len(_events(services)) == 1


@pytest.mark.parametrize(
    ("action", "body", "pointer"),
    [
        ("speak", {}, "/payload"),
        ("speak", {"payload": "x", "voice": "female", "loud": True}, "/loud"),
        ("speak", {"payload": "x", "voice": "female", "client_state": "not base64"}, "/client_state"),
        ("speak", {"payload": "x", "voice": "female", "client_state": "//4="}, "/client_state"),
        ("client_state_update", {}, "/client_state"),
        ("bridge", {"call_control_id": "call_01JZZZZZZZZZZZZZZZZZZZZZZZ"}, "/call_control_id"),
        ("reject", {"cause": "BORED"}, "/cause"),
        ("hangup", {"command_id": "891510ac-f3e4-11e8-af5b-de00688a4901"}, "/command_id"),
        ("transfer", {"to": "nobody"}, "/to"),
        ("transfer", {"to": "+12125550123", "webhook_url": "https://elsewhere.example"}, "/webhook_url"),
        ("send_dtmf", {"digits": ""}, "/digits"),
    ],
)
def test_a_command_the_carrier_would_refuse_is_refused_here(
    rest: Rest, services: Services, action: str, body: dict[str, Any], pointer: str
) -> None:
    call = live_call(rest, services)

    refused = rest.post(f"/v1/calls/{call}/actions/{action}", body)

    assert pointer in pointers(refused), refused.text
    assert _events(services) == []


def test_an_action_there_is_not_is_not_found(rest: Rest, services: Services) -> None:
    call = live_call(rest, services)

    assert rest.post(f"/v1/calls/{call}/actions/dial", {}).status_code == 404
    assert rest.post(f"/v1/calls/{call}/actions/whistle", {}).status_code == 404


@pytest.mark.parametrize(
    "changes", [{"phase": "ended"}, {"phase": "dialing", "call_control_id": None}, {"closing": True}]
)
def test_a_call_that_cannot_be_commanded_says_so(rest: Rest, services: Services, changes: dict[str, Any]) -> None:
    call = live_call(rest, services, **changes)

    refused = rest.post(f"/v1/calls/{call}/actions/hangup")

    assert refused.status_code == 409 and refused.json["code"] == "call_not_live"
    assert _events(services) == []


@pytest.mark.parametrize(("action", "body"), [("speak", {"payload": "Hello", "voice": "female"}), ("record_stop", {})])
def test_r20_an_adopted_call_says_that_it_takes_nothing_but_a_hangup(
    rest: Rest, services: Services, action: str, body: dict[str, Any]
) -> None:
    call = live_call(rest, services, adopted=True)

    refused = rest.post(f"/v1/calls/{call}/actions/{action}", body)
    hung_up = rest.post(f"/v1/calls/{call}/actions/hangup")

    assert (refused.status_code, refused.json["code"], hung_up.status_code) == (409, "call_adopted", 202)
    assert [event["payload"]["action"] for event in _events(services)] == ["hangup"]


def test_an_ended_call_takes_no_commands(rest: Rest, services: Services) -> None:
    call = ended_call(rest, services)["call"]

    refused = rest.post(f"/v1/calls/{call}/actions/hangup")

    assert refused.status_code == 409 and refused.json["current_status"] == "ended"
