"""Refer, transcription, paused recordings, noise suppression and client state: webhooks and refusals."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.support.simulated_carrier import SimulatedCarrier, number, simulated_carrier

HELLO = {"payload": "Hello from Elm Clinic.", "voice": "female"}


@pytest.fixture(scope="module")
def carrier() -> Iterator[SimulatedCarrier]:
    with simulated_carrier(time_scale=20) as carrier:
        yield carrier


def _error(answer: requests.Response) -> tuple[int, str, str | None]:
    error = answer.json()["errors"][0]
    return answer.status_code, error["code"], error.get("source", {}).get("pointer")


def _transcription(carrier: SimulatedCarrier, leg: str, *, nth: int) -> dict[str, Any]:
    return dict(carrier.receiver.wait("call.transcription", leg=leg, nth=nth).payload["transcription_data"])


def test_a_refer_that_works_ends_the_call(carrier: SimulatedCarrier) -> None:
    leg = carrier.talk("18")

    carrier.sdk.calls.actions.refer(leg, sip_address=f"sip:{number('01')}@desk.test")

    assert carrier.history(leg)[2:] == ["call.refer.started", "call.refer.completed", "call.hangup"]
    assert carrier.receiver.wait("call.refer.started", leg=leg).payload["sip_notify_response"] == 100
    assert carrier.receiver.wait("call.refer.completed", leg=leg).payload["sip_notify_response"] == 200


@pytest.mark.parametrize(("last_digits", "status"), [("40", 486), ("42", 487), ("44", 603), ("45", 404), ("46", 503)])
def test_a_refer_that_fails_leaves_the_call_up(carrier: SimulatedCarrier, last_digits: str, status: int) -> None:
    leg = carrier.talk("18")

    carrier.sdk.calls.actions.refer(leg, sip_address=f"sip:{number(last_digits)}@desk.test")

    assert carrier.receiver.wait("call.refer.failed", leg=leg).payload["sip_notify_response"] == status
    carrier.sdk.calls.actions.speak(leg, **HELLO)


def test_a_second_refer_waits_for_the_first_and_an_address_must_be_one(carrier: SimulatedCarrier) -> None:
    leg = carrier.talk("18")
    carrier.sdk.calls.actions.refer(leg, sip_address=f"sip:{number('42')}@desk.test")

    assert _error(carrier.act(leg, "refer", sip_address="sip:desk@desk.test")) == (422, "10015", None)
    assert _error(carrier.act(leg, "refer", sip_address="+14155550101")) == (422, "10015", "/sip_address")
    assert _error(carrier.act(leg, "refer")) == (422, "10004", "/sip_address")


def test_what_the_callee_says_is_transcribed_line_by_line(carrier: SimulatedCarrier) -> None:
    leg = carrier.talk("18")

    carrier.sdk.calls.actions.start_transcription(leg)
    first = _transcription(carrier, leg, nth=1)
    carrier.sdk.calls.actions.speak(leg, **HELLO)
    second = _transcription(carrier, leg, nth=2)

    assert (first["transcription_track"], first["is_final"]) == ("inbound", True)
    assert first["transcript"] and second["transcript"] and first["transcript"] != second["transcript"]


def test_both_tracks_and_interim_results_are_sent_when_requested(carrier: SimulatedCarrier) -> None:
    leg = carrier.talk("18")

    carrier.sdk.calls.actions.start_transcription(
        leg,
        transcription_tracks="both",
        transcription_engine="Google",
        transcription_engine_config={"transcription_engine": "Google", "interim_results": True},
    )
    interim, final = _transcription(carrier, leg, nth=1), _transcription(carrier, leg, nth=2)
    carrier.sdk.calls.actions.speak(leg, **HELLO)

    assert (interim["is_final"], final["is_final"]) == (False, True)
    assert final["transcript"].startswith(interim["transcript"])
    outbound = _transcription(carrier, leg, nth=3)
    assert (outbound["transcription_track"], outbound["transcript"]) == ("outbound", HELLO["payload"])


def test_a_stopped_transcription_sends_no_more(carrier: SimulatedCarrier) -> None:
    leg = carrier.talk("18")
    carrier.sdk.calls.actions.start_transcription(leg)

    carrier.sdk.calls.actions.stop_transcription(leg)
    carrier.sdk.calls.actions.speak(leg, **HELLO)
    carrier.receiver.wait("call.speak.ended", leg=leg)
    carrier.sdk.calls.actions.hangup(leg)

    assert "call.transcription" not in carrier.history(leg)


def test_transcriptions_conflict_with_one_another_and_with_silent_recordings(carrier: SimulatedCarrier) -> None:
    leg = carrier.talk("18")

    assert _error(carrier.act(leg, "transcription_stop")) == (422, "90055", None)
    carrier.act(leg, "transcription_start").raise_for_status()
    assert _error(carrier.act(leg, "transcription_start")) == (422, "90054", None)
    silent = carrier.act(leg, "record_start", channels="dual", format="wav", timeout_secs=5)
    assert _error(silent) == (422, "90053", "/timeout_secs")
    assert _error(carrier.act(leg, "transcription_start", transcription_engine="Z"))[1:] == (
        "10032",
        "/transcription_engine",
    )


def test_pausing_and_resuming_a_recording_has_no_webhook(carrier: SimulatedCarrier) -> None:
    leg = carrier.talk("18")
    carrier.sdk.calls.actions.start_recording(leg, channels="dual", format="wav")

    carrier.sdk.calls.actions.pause_recording(leg)
    paused = carrier.account(leg)["recordings"][0]["state"]
    carrier.sdk.calls.actions.resume_recording(leg)
    resumed = carrier.account(leg)["recordings"][0]["state"]
    carrier.sdk.calls.actions.hangup(leg)

    assert (paused, resumed) == ("paused", "running")
    assert carrier.history(leg, last="call.recording.saved")[2:] == ["call.hangup", "call.recording.saved"]


@pytest.mark.parametrize("action", ["record_pause", "record_resume"])
def test_without_a_recording_there_is_nothing_to_pause(carrier: SimulatedCarrier, action: str) -> None:
    leg = carrier.talk("18")

    assert _error(carrier.act(leg, action)) == (422, "10015", None)
    assert _error(carrier.act(leg, action, recording_id="another")) == (422, "10015", "/recording_id")


def test_a_recording_may_fail(carrier: SimulatedCarrier) -> None:
    carrier.simulator.set_faults(recording_error=1)
    leg = carrier.talk("18")
    carrier.sdk.calls.actions.start_recording(leg, channels="dual", format="wav")

    carrier.sdk.calls.actions.stop_recording(leg)

    payload = carrier.receiver.wait("call.recording.error", leg=leg).payload
    carrier.simulator.set_faults()
    assert payload["reason"] == "Internal server error"


def test_noise_suppression_has_no_webhook(carrier: SimulatedCarrier) -> None:
    leg = carrier.talk("18")

    carrier.sdk.calls.actions.start_noise_suppression(leg, direction="both", noise_suppression_engine="Krisp")
    started = carrier.account(leg)["suppression"]
    carrier.sdk.calls.actions.stop_noise_suppression(leg)

    assert (started, carrier.account(leg)["suppression"]) == ("both", None)
    assert _error(carrier.act(leg, "suppression_start", direction="up")) == (422, "10032", "/direction")


def test_client_state_is_put_while_the_call_still_rings(carrier: SimulatedCarrier) -> None:
    leg = carrier.dial("42", client_state="b25l", timeout_secs=600)

    carrier.sdk.calls.actions.update_client_state(leg, client_state="dHdv")
    carrier.act(leg, "hangup")

    assert carrier.receiver.wait("call.hangup", leg=leg).payload["client_state"] == "dHdv"


def test_client_state_must_be_put_and_be_base64(carrier: SimulatedCarrier) -> None:
    leg = carrier.talk("18")
    url = f"{carrier.simulator.base_url}/calls/{leg}/actions/client_state_update"
    headers = {"Authorization": f"Bearer {carrier.simulator.api_key}"}

    wrong = requests.put(url, json={"client_state": "?"}, headers=headers, timeout=5)
    missing = requests.put(url, json={}, headers=headers, timeout=5)

    assert _error(wrong) == (422, "90017", "/client_state")
    assert _error(missing) == (422, "10004", "/client_state")
    assert carrier.act(leg, "client_state_update", client_state="dHdv").status_code == 404


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("bridge", {"queue": "line"}),
        ("enqueue", {"queue_name": "line"}),
        ("leave_queue", {}),
        ("suppression_start", {}),
        ("suppression_stop", {}),
        ("record_pause", {}),
        ("record_resume", {}),
        ("transcription_start", {}),
        ("transcription_stop", {}),
    ],
)
def test_a_ringing_or_ended_call_refuses_the_command(
    carrier: SimulatedCarrier, action: str, body: dict[str, str]
) -> None:
    leg = carrier.dial("42", timeout_secs=600)

    ringing = _error(carrier.act(leg, action, **body))
    carrier.act(leg, "hangup")
    ended = _error(carrier.act(leg, action, **body))

    assert (ringing[:2], ended[:2]) == ((422, "90034"), (422, "90018"))
