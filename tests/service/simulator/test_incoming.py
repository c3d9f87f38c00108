"""Incoming calls: parked until they are answered or rejected, or the caller gives up."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from tests.support.simulated_carrier import CALLER, SimulatedCarrier, number, simulated_carrier

_THEM = "+14155551234"


@pytest.fixture(scope="module")
def carrier() -> Iterator[SimulatedCarrier]:
    with simulated_carrier(time_scale=50) as carrier:
        yield carrier


def _ring(carrier: SimulatedCarrier, caller: str = _THEM, **fields: object) -> str:
    leg = carrier.simulator.call_in(caller=caller, to=CALLER, **{"gives_up_after_s": 600, **fields})
    carrier.receiver.wait("call.initiated", leg=leg)
    return leg


def _code(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["errors"][0]["code"]


def test_an_incoming_call_is_parked(carrier: SimulatedCarrier) -> None:
    leg = _ring(carrier)

    payload = carrier.receiver.wait("call.initiated", leg=leg).payload

    assert (payload["direction"], payload["state"], payload["from"], payload["to"]) == (
        "incoming",
        "parked",
        _THEM,
        CALLER,
    )
    assert payload["client_state"] is None
    assert carrier.sdk.calls.retrieve_status(leg).data.is_alive is True  # type: ignore[union-attr]
    carrier.act(leg, "hangup")


def test_an_incoming_call_is_answered_and_ended(carrier: SimulatedCarrier) -> None:
    leg = _ring(carrier, presses="7")

    carrier.sdk.calls.actions.answer(leg, client_state="aW4=")
    carrier.sdk.calls.actions.gather_using_speak(leg, payload="Press a key.", voice="female", maximum_digits=1)
    gathered = carrier.receiver.wait("call.gather.ended", leg=leg).payload
    carrier.sdk.calls.actions.hangup(leg)

    assert (gathered["digits"], gathered["client_state"]) == ("7", "aW4=")
    assert carrier.history(leg)[:2] == ["call.initiated", "call.answered"]
    hangup = carrier.receiver.wait("call.hangup", leg=leg).payload
    assert (hangup["hangup_cause"], hangup["hangup_source"]) == ("normal_clearing", "callee")


def test_a_caller_who_hangs_up_is_the_hangup_source(carrier: SimulatedCarrier) -> None:
    leg = _ring(carrier, hangs_up_after_s=3)

    carrier.sdk.calls.actions.answer(leg)

    hangup = carrier.receiver.wait("call.hangup", leg=leg).payload
    assert (hangup["hangup_cause"], hangup["hangup_source"]) == ("normal_clearing", "caller")


def test_an_unanswered_caller_gives_up(carrier: SimulatedCarrier) -> None:
    leg = _ring(carrier, gives_up_after_s=5)

    hangup = carrier.receiver.wait("call.hangup", leg=leg).payload
    assert (hangup["hangup_cause"], hangup["sip_hangup_cause"], hangup["hangup_source"]) == (
        "originator_cancel",
        "487",
        "caller",
    )
    assert carrier.history(leg) == ["call.initiated", "call.hangup"]


@pytest.mark.parametrize(
    ("cause", "hangup_cause", "sip"),
    [
        ("CALL_REJECTED", "call_rejected", "603"),
        ("USER_BUSY", "user_busy", "486"),
        ("NOT_FOUND", "not_found", "404"),
        ("TEMPORARILY_UNAVAILABLE", "unspecified", "480"),
    ],
)
def test_a_rejected_call_has_the_cause(carrier: SimulatedCarrier, cause: str, hangup_cause: str, sip: str) -> None:
    leg = _ring(carrier)

    carrier.act(leg, "reject", cause=cause).raise_for_status()

    hangup = carrier.receiver.wait("call.hangup", leg=leg).payload
    assert (hangup["hangup_cause"], hangup["sip_hangup_cause"]) == (hangup_cause, sip)


def test_only_an_incoming_call_can_be_answered_or_rejected(carrier: SimulatedCarrier) -> None:
    outbound = carrier.talk("18")

    assert _code(carrier.act(outbound, "answer")) == (422, "90102")
    assert _code(carrier.act(outbound, "reject", cause="USER_BUSY")) == (422, "90102")


def test_an_answered_call_can_be_neither_answered_nor_rejected_again(carrier: SimulatedCarrier) -> None:
    leg = _ring(carrier)
    carrier.act(leg, "answer").raise_for_status()

    assert _code(carrier.act(leg, "answer")) == (422, "10015")
    assert _code(carrier.act(leg, "reject", cause="USER_BUSY")) == (422, "10015")


def test_an_unanswered_caller_takes_no_audio_commands(carrier: SimulatedCarrier) -> None:
    leg = _ring(carrier)

    assert _code(carrier.act(leg, "speak", payload="Hello", voice="female")) == (422, "90034")
    assert _code(carrier.act(leg, "enqueue", queue_name="early")) == (422, "90034")
    carrier.act(leg, "hangup")
    assert carrier.receiver.wait("call.hangup", leg=leg).payload["hangup_cause"] == "call_rejected"


def test_an_answer_may_start_a_recording_and_a_transcription(carrier: SimulatedCarrier) -> None:
    leg = _ring(carrier, says=["I would like to move my appointment."])

    answer = carrier.sdk.calls.actions.answer(
        leg, record="record-from-answer", record_format="wav", transcription=True
    ).data
    transcription = carrier.receiver.wait("call.transcription", leg=leg).payload["transcription_data"]
    carrier.sdk.calls.actions.hangup(leg)

    assert transcription["transcript"] == "I would like to move my appointment."
    assert answer is not None
    assert carrier.receiver.wait("call.recording.saved", leg=leg).payload["recording_id"] == answer.recording_id


def test_a_caller_may_press_keys_without_a_gather_and_have_a_test_number(carrier: SimulatedCarrier) -> None:
    leg = _ring(carrier, number("09"), keys=[{"after_s": 2, "press": "12"}])
    carrier.sdk.calls.actions.answer(leg)
    carrier.receiver.wait("call.dtmf.received", leg=leg, nth=2)

    carrier.sdk.calls.actions.gather_using_speak(leg, payload="Press a key.", voice="female", maximum_digits=1)

    assert carrier.receiver.wait("call.gather.ended", leg=leg).payload["digits"] == "9"


def test_a_transferred_caller_is_hung_up_with_the_agent(carrier: SimulatedCarrier) -> None:
    leg = _ring(carrier)
    carrier.sdk.calls.actions.answer(leg)

    carrier.sdk.calls.actions.transfer(leg, to=number("51"))

    assert carrier.history(leg) == ["call.initiated", "call.answered", "call.bridged", "call.hangup"]


def test_incoming_calls_are_apart_from_dials_in_the_ledger(carrier: SimulatedCarrier) -> None:
    leg = _ring(carrier)

    ledger = carrier.simulator.ledger()

    assert leg in {row["call_control_id"] for row in ledger["incoming"]}
    assert leg not in {row["call_control_id"] for row in ledger["dials"]}
    assert CALLER not in ledger["calls_by_number"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"to": CALLER}, "from"),
        ({"from": "4155551234", "to": CALLER}, "from"),
        ({"from": _THEM, "to": CALLER, "presses": "x"}, "presses"),
        ({"from": _THEM, "to": CALLER, "gives_up_after_s": 0}, "gives_up_after_s"),
        ({"from": _THEM, "to": CALLER, "colour": "blue"}, "colour"),
    ],
)
def test_an_invalid_field_of_an_incoming_call_is_named(
    carrier: SimulatedCarrier, body: dict[str, object], field: str
) -> None:
    answer = requests.post(f"{carrier.simulator.url}/inbound", json=body, timeout=5)

    assert answer.status_code == 400
    assert field in {problem["loc"][0] for problem in answer.json()["problems"]}


def test_an_incoming_call_without_webhook_url_is_refused() -> None:
    with simulated_carrier(webhook_url=None) as bare:
        answer = requests.post(f"{bare.simulator.url}/inbound", json={"from": _THEM, "to": CALLER}, timeout=5)

    assert answer.status_code == 400
    assert "webhook_url" in answer.json()["error"]


def test_a_caller_without_a_first_command_is_hung_up_where_that_is_set() -> None:
    with simulated_carrier(time_scale=50, first_command_timeout=100) as strict:
        answered = _ring(strict)
        strict.act(answered, "answer").raise_for_status()
        forgotten = _ring(strict)

        strict.receiver.wait("call.hangup", leg=forgotten)

        assert strict.account(answered)["state"] == "answered"
