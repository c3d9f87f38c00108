"""Two calls joined by a bridge: who is told, who stays, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from tests.support.desk import CALLER, CONNECTION, Desk, desk, number


@pytest.fixture(scope="module")
def table() -> Iterator[Desk]:
    with desk(time_scale=50) as table:
        yield table


def _bridged(table: Desk, **fields: object) -> tuple[str, str]:
    leg, other = table.talk("18"), table.talk("18")
    table.act(leg, "bridge", call_control_id=other, **fields).raise_for_status()
    for side in (leg, other):
        table.receiver.wait("call.bridged", leg=side)
    return leg, other


def _error(answer: requests.Response) -> tuple[int, str, str | None]:
    error = answer.json()["errors"][0]
    return answer.status_code, error["code"], error.get("source", {}).get("pointer")


def test_both_legs_are_told_and_end_together(table: Desk) -> None:
    leg, other = _bridged(table)

    table.sdk.calls.actions.hangup(leg)

    for side in (leg, other):
        assert table.history(side) == ["call.initiated", "call.answered", "call.bridged", "call.hangup"]


@pytest.mark.parametrize("field", [{"park_after_unbridge": "self"}, {"hold_after_unbridge": True}])
def test_a_leg_that_parks_takes_further_commands_after_the_bridge(table: Desk, field: dict[str, object]) -> None:
    leg, other = _bridged(table, **field)

    table.sdk.calls.actions.hangup(other)
    table.receiver.wait("call.hangup", leg=other)

    table.sdk.calls.actions.speak(leg, payload="You are back.", voice="female")
    table.receiver.wait("call.speak.ended", leg=leg)


def test_a_ringing_call_is_bridged_once_it_is_answered(table: Desk) -> None:
    leg, ringing = table.talk("18"), table.dial("13")

    table.act(leg, "bridge", call_control_id=ringing, play_ringtone=True).raise_for_status()

    assert table.history(ringing, last="call.bridged") == ["call.initiated", "call.answered", "call.bridged"]


def test_a_dial_may_be_bridged_on_answer(table: Desk) -> None:
    leg = table.talk("18")

    other = table.dial("50", link_to=leg, bridge_on_answer=True)

    table.receiver.wait("call.bridged", leg=leg)
    assert table.account(other)["call_session_id"] == table.account(leg)["call_session_id"]
    refused = table.post(
        "/calls", {"connection_id": CONNECTION, "from": CALLER, "to": number("18"), "bridge_on_answer": True}
    )
    assert _error(refused) == (422, "10004", "/link_to")


def test_a_dial_that_is_meant_for_a_bridge_shows_the_number_of_the_call_it_is_linked_to(table: Desk) -> None:
    caller = table.simulator.call_in(caller="+14155551234", to=CALLER, gives_up_after_s=600)

    other = table.dial("18", link_to=caller, bridge_intent=True, send_digits_on_answer="12")

    assert table.receiver.wait("call.answered", leg=other).payload["from"] == "+14155551234"
    assert table.account(other)["sent_digits"] == "12"
    table.act(caller, "hangup")


def test_a_bridge_with_a_bridged_call_takes_it_over_unless_that_is_prevented(table: Desk) -> None:
    leg, other = _bridged(table)
    third = table.talk("18")

    prevented = table.act(third, "bridge", call_control_id=other, prevent_double_bridge=True)
    table.act(third, "bridge", call_control_id=other).raise_for_status()

    assert _error(prevented) == (422, "10015", None)
    table.receiver.wait("call.hangup", leg=leg)
    table.receiver.wait("call.bridged", leg=other, nth=2)
    assert table.account(third)["state"] == "answered"


def test_what_played_ends_when_the_bridge_begins(table: Desk) -> None:
    leg, other = table.talk("18"), table.talk("18")
    table.sdk.calls.actions.start_playback(leg, media_name="music", loop="infinity")

    table.act(leg, "bridge", call_control_id=other).raise_for_status()

    assert table.history(leg, last="call.bridged")[-2:] == ["call.playback.ended", "call.bridged"]


def test_a_bridge_may_be_recorded(table: Desk) -> None:
    leg, _other = _bridged(table, record="record-from-answer", record_channels="single", record_format="wav")

    table.sdk.calls.actions.hangup(leg)

    assert table.receiver.wait("call.recording.saved", leg=leg).payload["channels"] == "single"


def test_a_wrong_partner_has_its_code_and_pointer(table: Desk) -> None:
    leg, ended = table.talk("18"), table.dial("40")
    table.receiver.wait("call.hangup", leg=ended)
    parked = table.simulator.call_in(caller=number("18"), to=CALLER, gives_up_after_s=600)

    def refusal(**body: str) -> tuple[int, str, str | None]:
        return _error(table.act(leg, "bridge", **body))

    assert refusal() == (422, "10004", "/call_control_id")
    assert refusal(call_control_id=leg, queue="line") == (422, "10015", "/queue")
    assert refusal(call_control_id="v3:nobody") == (422, "90015", "/call_control_id")
    assert refusal(call_control_id=ended) == (422, "90018", "/call_control_id")
    assert refusal(call_control_id=parked) == (422, "90034", "/call_control_id")
    assert refusal(call_control_id=leg) == (422, "10015", "/call_control_id")
    assert refusal(video_room_id="0f6f9e3e-6f6a-4a4e-9f4b-6d9b7f6f5b11") == (422, "10015", "/video_room_id")
    table.act(parked, "hangup")
