"""Bridging two calls: webhooks, which leg stays up, and refusals."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from tests.support.simulated_carrier import CALLER, CONNECTION, SimulatedCarrier, number, simulated_carrier


@pytest.fixture(scope="module")
def carrier() -> Iterator[SimulatedCarrier]:
    with simulated_carrier(time_scale=50) as carrier:
        yield carrier


def _bridged(carrier: SimulatedCarrier, **fields: object) -> tuple[str, str]:
    leg, other = carrier.talk("18"), carrier.talk("18")
    carrier.act(leg, "bridge", call_control_id=other, **fields).raise_for_status()
    for side in (leg, other):
        carrier.receiver.wait("call.bridged", leg=side)
    return leg, other


def _error(answer: requests.Response) -> tuple[int, str, str | None]:
    error = answer.json()["errors"][0]
    return answer.status_code, error["code"], error.get("source", {}).get("pointer")


def test_both_legs_get_a_webhook_and_end_together(carrier: SimulatedCarrier) -> None:
    leg, other = _bridged(carrier)

    carrier.sdk.calls.actions.hangup(leg)

    for side in (leg, other):
        assert carrier.history(side) == ["call.initiated", "call.answered", "call.bridged", "call.hangup"]


@pytest.mark.parametrize("field", [{"park_after_unbridge": "self"}, {"hold_after_unbridge": True}])
def test_a_leg_that_parks_takes_further_commands_after_the_bridge(
    carrier: SimulatedCarrier, field: dict[str, object]
) -> None:
    leg, other = _bridged(carrier, **field)

    carrier.sdk.calls.actions.hangup(other)
    carrier.receiver.wait("call.hangup", leg=other)

    carrier.sdk.calls.actions.speak(leg, payload="You are back.", voice="female")
    carrier.receiver.wait("call.speak.ended", leg=leg)


def test_a_ringing_call_is_bridged_once_it_is_answered(carrier: SimulatedCarrier) -> None:
    leg, ringing = carrier.talk("18"), carrier.dial("13")

    carrier.act(leg, "bridge", call_control_id=ringing, play_ringtone=True).raise_for_status()

    assert carrier.history(ringing, last="call.bridged") == ["call.initiated", "call.answered", "call.bridged"]


def test_a_dial_may_be_bridged_on_answer(carrier: SimulatedCarrier) -> None:
    leg = carrier.talk("18")

    other = carrier.dial("50", link_to=leg, bridge_on_answer=True)

    carrier.receiver.wait("call.bridged", leg=leg)
    assert carrier.account(other)["call_session_id"] == carrier.account(leg)["call_session_id"]
    refused = carrier.post(
        "/calls", {"connection_id": CONNECTION, "from": CALLER, "to": number("18"), "bridge_on_answer": True}
    )
    assert _error(refused) == (422, "10004", "/link_to")


def test_a_dial_with_bridge_intent_shows_the_number_of_the_linked_call(carrier: SimulatedCarrier) -> None:
    caller = carrier.simulator.call_in(caller="+14155551234", to=CALLER, gives_up_after_s=600)

    other = carrier.dial("18", link_to=caller, bridge_intent=True, send_digits_on_answer="12")

    assert carrier.receiver.wait("call.answered", leg=other).payload["from"] == "+14155551234"
    assert carrier.account(other)["sent_digits"] == "12"
    carrier.act(caller, "hangup")


def test_a_bridge_with_a_bridged_call_takes_it_over_unless_that_is_prevented(carrier: SimulatedCarrier) -> None:
    leg, other = _bridged(carrier)
    third = carrier.talk("18")

    prevented = carrier.act(third, "bridge", call_control_id=other, prevent_double_bridge=True)
    carrier.act(third, "bridge", call_control_id=other).raise_for_status()

    assert _error(prevented) == (422, "10015", None)
    carrier.receiver.wait("call.hangup", leg=leg)
    carrier.receiver.wait("call.bridged", leg=other, nth=2)
    assert carrier.account(third)["state"] == "answered"


def test_what_played_ends_when_the_bridge_begins(carrier: SimulatedCarrier) -> None:
    leg, other = carrier.talk("18"), carrier.talk("18")
    carrier.sdk.calls.actions.start_playback(leg, media_name="music", loop="infinity")

    carrier.act(leg, "bridge", call_control_id=other).raise_for_status()

    assert carrier.history(leg, last="call.bridged")[-2:] == ["call.playback.ended", "call.bridged"]


def test_a_bridge_may_be_recorded(carrier: SimulatedCarrier) -> None:
    leg, _other = _bridged(carrier, record="record-from-answer", record_channels="single", record_format="wav")

    carrier.sdk.calls.actions.hangup(leg)

    assert carrier.receiver.wait("call.recording.saved", leg=leg).payload["channels"] == "single"


def test_a_call_that_cannot_be_bridged_has_its_code_and_pointer(carrier: SimulatedCarrier) -> None:
    leg, ended = carrier.talk("18"), carrier.dial("40")
    carrier.receiver.wait("call.hangup", leg=ended)
    parked = carrier.simulator.call_in(caller=number("18"), to=CALLER, gives_up_after_s=600)

    def refusal(**body: str) -> tuple[int, str, str | None]:
        return _error(carrier.act(leg, "bridge", **body))

    assert refusal() == (422, "10004", "/call_control_id")
    assert refusal(call_control_id=leg, queue="line") == (422, "10015", "/queue")
    assert refusal(call_control_id="v3:nobody") == (422, "90015", "/call_control_id")
    assert refusal(call_control_id=ended) == (422, "90018", "/call_control_id")
    assert refusal(call_control_id=parked) == (422, "90034", "/call_control_id")
    assert refusal(call_control_id=leg) == (422, "10015", "/call_control_id")
    assert refusal(video_room_id="0f6f9e3e-6f6a-4a4e-9f4b-6d9b7f6f5b11") == (422, "10015", "/video_room_id")
    carrier.act(parked, "hangup")
