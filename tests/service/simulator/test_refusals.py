"""Refusals of the carrier, with status and code."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests
import telnyx

from tests.support.simulated_carrier import CALLER, CONNECTION, SimulatedCarrier, number, simulated_carrier

_DIAL = {"connection_id": CONNECTION, "from": CALLER, "to": number("18")}


@pytest.fixture(scope="module")
def carrier() -> Iterator[SimulatedCarrier]:
    with simulated_carrier(time_scale=50, connection_id=CONNECTION, channels=40, caller_id=CALLER) as carrier:
        yield carrier


def _error(answer: requests.Response) -> tuple[int, str]:
    error = answer.json()["errors"][0]
    assert error["title"] and error["detail"]
    return answer.status_code, error["code"]


@pytest.mark.parametrize("key", ["", "KEYother"])
def test_a_wrong_key_is_401(carrier: SimulatedCarrier, key: str) -> None:
    assert _error(carrier.post("/calls", _DIAL, key=key)) == (401, "10009")


def test_no_key_is_401(carrier: SimulatedCarrier) -> None:
    answer = requests.get(f"{carrier.simulator.base_url}/public_key", timeout=5)

    assert _error(answer) == (401, "10009")


@pytest.mark.parametrize("raw", [b"{", b"[]", b"\xff\xfe", b'"text"'])
def test_a_body_that_is_no_object_is_400(carrier: SimulatedCarrier, raw: bytes) -> None:
    assert _error(carrier.post("/calls", raw=raw)) == (400, "10028")


def test_another_connection_is_422(carrier: SimulatedCarrier) -> None:
    answer = carrier.post("/calls", {**_DIAL, "connection_id": "1"})

    assert _error(answer) == (422, "10015")
    assert answer.json()["errors"][0]["source"] == {"pointer": "/connection_id"}


def test_a_number_that_is_not_e164_is_422(carrier: SimulatedCarrier) -> None:
    assert _error(carrier.post("/calls", {**_DIAL, "to": "4155550101"})) == (422, "10016")


def test_a_caller_id_that_is_not_allowed_is_403(carrier: SimulatedCarrier) -> None:
    answer = carrier.post("/calls", {**_DIAL, "from": "+13125550199"})

    assert _error(answer) == (403, "10010")
    assert answer.json()["telnyx_error"]["error_code"] == "D35"


@pytest.mark.parametrize(("last_digits", "d_code"), [("60", "D13"), ("61", "D60"), ("62", "D1")])
def test_a_destination_may_be_refused_with_its_d_code(carrier: SimulatedCarrier, last_digits: str, d_code: str) -> None:
    answer = carrier.post("/calls", {**_DIAL, "to": number(last_digits)})

    assert _error(answer) == (403, "10010")
    assert answer.json()["errors"][0]["detail"].endswith(d_code)


def test_a_refused_dial_starts_no_call_and_is_in_the_ledger(carrier: SimulatedCarrier) -> None:
    carrier.post("/calls", {**_DIAL, "to": number("61"), "command_id": "refused-1"})

    ledger = carrier.simulator.ledger()
    assert number("61") not in ledger["calls_by_number"]
    assert any(row["command_id"] == "refused-1" and row["code"] == "10010" for row in ledger["refused"])


@pytest.mark.parametrize(
    ("action", "body", "code"),
    [
        ("speak", {"payload": "Hello", "voice": "female"}, "90034"),
        ("playback_start", {"media_name": "hello"}, "90034"),
        ("playback_stop", {}, "90034"),
        ("gather", {}, "90034"),
        ("gather_using_speak", {"payload": "Hello", "voice": "female"}, "90034"),
        ("gather_using_audio", {"media_name": "hello"}, "90034"),
        ("gather_stop", {}, "90034"),
        ("send_dtmf", {"digits": "1"}, "90034"),
        ("record_start", {"channels": "dual", "format": "wav"}, "90020"),
        ("record_stop", {}, "90034"),
        ("transfer", {"to": number("50")}, "90034"),
    ],
)
def test_a_ringing_call_refuses_the_command(
    carrier: SimulatedCarrier, action: str, body: dict[str, str], code: str
) -> None:
    leg = carrier.dial("42", timeout_secs=600)

    assert _error(carrier.act(leg, action, **body)) == (422, code)
    carrier.act(leg, "hangup")


def test_an_ended_call_refuses_commands(carrier: SimulatedCarrier) -> None:
    leg = carrier.dial("40")
    carrier.receiver.wait("call.hangup", leg=leg)

    assert _error(carrier.act(leg, "hangup")) == (422, "90018")


def test_an_unknown_call_is_an_invalid_id(carrier: SimulatedCarrier) -> None:
    assert _error(carrier.act("v3:nobody", "hangup")) == (422, "90015")


def test_an_unknown_action_is_404(carrier: SimulatedCarrier) -> None:
    leg = carrier.talk("18")

    assert _error(carrier.act(leg, "sing")) == (404, "10005")
    carrier.act(leg, "hangup")


def test_an_unknown_path_is_404(carrier: SimulatedCarrier) -> None:
    assert _error(carrier.get("/nothing/here")) == (404, "10005")


def test_reading_an_unknown_call_is_404(carrier: SimulatedCarrier) -> None:
    assert _error(carrier.get("/calls/v3:nobody")) == (404, "10005")


def test_an_overlay_over_nothing_is_refused(carrier: SimulatedCarrier) -> None:
    leg = carrier.talk("18")

    assert _error(carrier.act(leg, "playback_start", media_name="bell", overlay=True)) == (422, "10015")
    carrier.act(leg, "hangup")


def test_a_refused_command_leaves_client_state_as_it_was(carrier: SimulatedCarrier) -> None:
    leg = carrier.talk("18", client_state="b25l")

    carrier.act(leg, "playback_start", media_name="bell", overlay=True, client_state="dHdv")
    carrier.act(leg, "hangup")

    assert carrier.receiver.wait("call.hangup", leg=leg).payload["client_state"] == "b25l"


def test_the_sdk_raises_its_own_errors(carrier: SimulatedCarrier) -> None:
    with pytest.raises(telnyx.UnprocessableEntityError):
        carrier.sdk.calls.actions.hangup("v3:nobody")
    with pytest.raises(telnyx.PermissionDeniedError):
        carrier.dial("60")
    with pytest.raises(telnyx.NotFoundError):
        carrier.sdk.calls.retrieve_status("v3:nobody")


def test_no_webhook_address_at_all_is_422() -> None:
    with simulated_carrier(webhook_url=None) as bare:
        assert _error(bare.post("/calls", _DIAL)) == (422, "10015")
