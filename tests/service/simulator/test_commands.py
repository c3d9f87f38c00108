"""Dial and actions through the official SDK have the effects of the carrier's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests
from telnyx import NotFoundError

from tests.support.simulated_carrier import CALLER, CONNECTION, SimulatedCarrier, number, simulated_carrier

HELLO = {"payload": "Hello from Elm Clinic.", "voice": "female"}
ASK = {"payload": "Press 1 to confirm.", "voice": "female", "valid_digits": "19", "maximum_digits": 1}


@pytest.fixture(scope="module")
def carrier() -> Iterator[SimulatedCarrier]:
    with simulated_carrier(time_scale=20) as carrier:
        yield carrier


def test_a_dial_answers_with_ids_and_is_not_alive_yet(carrier: SimulatedCarrier) -> None:
    data = carrier.sdk.calls.dial(connection_id=CONNECTION, from_=CALLER, to=number("01"), client_state="YQ==").data

    assert data is not None
    assert data.call_control_id.startswith("v3:")
    assert data.is_alive is False
    assert data.client_state == "YQ=="
    assert data.record_type == "call"


def test_a_human_who_is_hung_up_on_gives_initiated_answered_hangup(carrier: SimulatedCarrier) -> None:
    leg = carrier.talk()

    carrier.sdk.calls.actions.hangup(leg)

    assert carrier.history(leg) == ["call.initiated", "call.answered", "call.hangup"]
    hangup = carrier.receiver.wait("call.hangup", leg=leg).payload
    assert (hangup["hangup_cause"], hangup["hangup_source"], hangup["sip_hangup_cause"]) == (
        "normal_clearing",
        "caller",
        "200",
    )
    assert hangup["start_time"] < hangup["end_time"]


def test_initiated_says_outgoing_and_bridging(carrier: SimulatedCarrier) -> None:
    leg = carrier.dial()

    payload = carrier.receiver.wait("call.initiated", leg=leg).payload

    assert (payload["direction"], payload["state"]) == ("outgoing", "bridging")
    assert (payload["from"], payload["to"], payload["connection_id"]) == (CALLER, number("01"), CONNECTION)


def test_speech_starts_and_ends(carrier: SimulatedCarrier) -> None:
    leg = carrier.talk("18")

    carrier.sdk.calls.actions.speak(leg, **HELLO)

    assert carrier.receiver.wait("call.speak.ended", leg=leg).payload["status"] == "completed"
    assert carrier.history(leg, last="call.speak.ended")[-2:] == ["call.speak.started", "call.speak.ended"]


def test_two_texts_are_spoken_one_after_the_other(carrier: SimulatedCarrier) -> None:
    leg = carrier.talk("18")

    carrier.sdk.calls.actions.speak(leg, **HELLO)
    carrier.sdk.calls.actions.speak(leg, **HELLO)
    carrier.receiver.wait("call.speak.ended", leg=leg, nth=2)

    assert carrier.history(leg, last="call.speak.ended")[2:] == ["call.speak.started", "call.speak.ended"] * 2


def test_stopped_speech_ends_as_completed(carrier: SimulatedCarrier) -> None:
    leg = carrier.talk("18")
    carrier.sdk.calls.actions.speak(leg, payload="word " * 600, voice="female")

    carrier.sdk.calls.actions.stop_playback(leg)

    ended = carrier.receiver.wait("call.speak.ended", leg=leg, within=8)  # to its end it takes ten
    assert ended.payload["status"] == "completed"


def test_a_file_is_played(carrier: SimulatedCarrier) -> None:
    leg = carrier.talk("18")

    carrier.sdk.calls.actions.start_playback(leg, audio_url="https://media.example.test/hello.mp3")

    ended = carrier.receiver.wait("call.playback.ended", leg=leg).payload
    assert (ended["status"], ended["media_url"]) == ("completed", "https://media.example.test/hello.mp3")


def test_a_file_that_is_missing_ends_at_once_as_not_found(carrier: SimulatedCarrier) -> None:
    leg = carrier.talk("18")

    carrier.sdk.calls.actions.start_playback(leg, audio_url="https://media.example.test/missing.mp3")

    assert carrier.receiver.wait("call.playback.ended", leg=leg).payload["status"] == "file_not_found"


def test_a_stopped_file_is_cancelled_and_the_queue_is_dropped(carrier: SimulatedCarrier) -> None:
    leg = carrier.talk("18")
    for _ in range(2):
        carrier.sdk.calls.actions.start_playback(leg, media_name="music", loop="infinity")

    carrier.sdk.calls.actions.stop_playback(leg, stop="all")
    carrier.sdk.calls.actions.hangup(leg)

    assert carrier.history(leg)[2:] == ["call.playback.started", "call.playback.ended", "call.hangup"]
    assert carrier.receiver.wait("call.playback.ended", leg=leg).payload["status"] == "cancelled"


def test_stopping_the_current_file_plays_the_next(carrier: SimulatedCarrier) -> None:
    leg = carrier.talk("18")
    for name in ("one", "two"):
        carrier.sdk.calls.actions.start_playback(leg, media_name=name, loop="infinity")

    carrier.sdk.calls.actions.stop_playback(leg, stop="current")

    assert carrier.receiver.wait("call.playback.started", leg=leg, nth=2).payload["media_name"] == "two"


def test_an_overlay_plays_over_the_current_sound(carrier: SimulatedCarrier) -> None:
    leg = carrier.talk("18")
    carrier.sdk.calls.actions.start_playback(leg, media_name="music", loop="infinity")

    carrier.sdk.calls.actions.start_playback(leg, media_name="bell", overlay=True)

    ended = carrier.receiver.wait("call.playback.ended", leg=leg).payload
    assert (ended["media_name"], ended["overlay"], ended["status"]) == ("bell", True, "completed")


def test_speech_ends_before_the_hangup_is_sent(carrier: SimulatedCarrier) -> None:
    leg = carrier.talk("18")
    carrier.sdk.calls.actions.speak(leg, payload="word " * 600, voice="female")

    carrier.sdk.calls.actions.hangup(leg)

    assert carrier.history(leg)[-2:] == ["call.speak.ended", "call.hangup"]
    assert carrier.receiver.wait("call.speak.ended", leg=leg).payload["status"] == "call_hangup"


def test_a_spoken_prompt_gathers_a_digit_without_speech_webhooks(carrier: SimulatedCarrier) -> None:
    leg = carrier.talk("01")

    carrier.sdk.calls.actions.gather_using_speak(leg, **ASK)

    ended = carrier.receiver.wait("call.gather.ended", leg=leg).payload
    assert (ended["status"], ended["digits"]) == ("valid", "1")
    assert carrier.history(leg, last="call.gather.ended")[2:] == ["call.dtmf.received", "call.gather.ended"]


def test_a_played_prompt_gathers_a_digit_with_playback_webhooks(carrier: SimulatedCarrier) -> None:
    leg = carrier.talk("09")

    carrier.sdk.calls.actions.gather_using_audio(
        leg, audio_url="https://media.example.test/ask.mp3?seconds=2", valid_digits="19", maximum_digits=1
    )

    assert carrier.receiver.wait("call.gather.ended", leg=leg).payload["digits"] == "9"
    assert carrier.history(leg, last="call.gather.ended")[2:] == [
        "call.playback.started",
        "call.playback.ended",
        "call.dtmf.received",
        "call.gather.ended",
    ]


def test_a_digit_during_the_prompt_ends_it(carrier: SimulatedCarrier) -> None:
    leg = carrier.talk("16")

    carrier.sdk.calls.actions.gather_using_audio(leg, media_name="long", maximum_digits=1)
    carrier.receiver.wait("call.gather.ended", leg=leg)

    assert carrier.receiver.wait("call.playback.ended", leg=leg).payload["status"] == "cancelled"
    assert carrier.history(leg, last="call.gather.ended")[3] == "call.dtmf.received"


def test_a_gather_without_a_prompt_takes_several_digits(carrier: SimulatedCarrier) -> None:
    leg = carrier.talk("10")
    carrier.sdk.calls.actions.gather(
        leg,
        gather_id="pin",
        maximum_digits=4,
        timeout_millis=120_000,
        inter_digit_timeout_millis=120_000,
        initial_timeout_millis=120_000,
    )

    carrier.simulator.callee(leg, press="1234")

    ended = carrier.receiver.wait("call.gather.ended", leg=leg).payload
    assert (ended["status"], ended["digits"], ended["gather_id"]) == ("valid", "1234", "pin")
    assert carrier.history(leg, last="call.gather.ended").count("call.dtmf.received") == 4


def test_the_terminating_digit_ends_a_gather_and_is_not_among_its_digits(carrier: SimulatedCarrier) -> None:
    leg = carrier.talk("10")
    carrier.sdk.calls.actions.gather(
        leg, maximum_digits=8, inter_digit_timeout_millis=120_000, initial_timeout_millis=120_000
    )

    carrier.simulator.callee(leg, press="12#")

    ended = carrier.receiver.wait("call.gather.ended", leg=leg).payload
    assert (ended["status"], ended["digits"]) == ("valid", "12")


def test_too_few_digits_are_invalid(carrier: SimulatedCarrier) -> None:
    leg = carrier.talk("10")
    carrier.sdk.calls.actions.gather(
        leg, minimum_digits=4, maximum_digits=4, inter_digit_timeout_millis=1_000, initial_timeout_millis=120_000
    )

    carrier.simulator.callee(leg, press="12")

    ended = carrier.receiver.wait("call.gather.ended", leg=leg).payload
    assert (ended["status"], ended["digits"]) == ("invalid", "12")


def test_no_digit_is_a_timeout(carrier: SimulatedCarrier) -> None:
    leg = carrier.talk("10")

    carrier.sdk.calls.actions.gather_using_speak(leg, **ASK, timeout_millis=2_000, maximum_tries=2)

    ended = carrier.receiver.wait("call.gather.ended", leg=leg).payload
    assert (ended["status"], ended["digits"]) == ("timeout", "")


def test_invalid_digits_repeat_the_prompt_until_the_tries_are_used_up(carrier: SimulatedCarrier) -> None:
    leg = carrier.talk("11")

    carrier.sdk.calls.actions.gather_using_speak(leg, **ASK, maximum_tries=3, timeout_millis=5_000)

    assert carrier.receiver.wait("call.gather.ended", leg=leg).payload["status"] == "invalid"
    assert carrier.history(leg, last="call.gather.ended").count("call.dtmf.received") == 3


def test_a_stopped_gather_is_cancelled(carrier: SimulatedCarrier) -> None:
    leg = carrier.talk("10")
    carrier.sdk.calls.actions.gather_using_speak(leg, **ASK)

    carrier.sdk.calls.actions.stop_gather(leg)

    assert carrier.receiver.wait("call.gather.ended", leg=leg).payload["status"] == "cancelled"


def test_a_gather_ends_before_the_hangup_is_sent(carrier: SimulatedCarrier) -> None:
    leg = carrier.talk("10")
    carrier.sdk.calls.actions.gather(leg, initial_timeout_millis=120_000)

    carrier.simulator.callee(leg, hang_up=True)

    assert carrier.history(leg)[-2:] == ["call.gather.ended", "call.hangup"]
    assert carrier.receiver.wait("call.gather.ended", leg=leg).payload["status"] == "call_hangup"
    assert carrier.receiver.wait("call.hangup", leg=leg).payload["hangup_source"] == "callee"


def test_sent_tones_have_no_webhook(carrier: SimulatedCarrier) -> None:
    leg = carrier.talk("18")

    carrier.sdk.calls.actions.send_dtmf(leg, digits="1w2W#")
    carrier.sdk.calls.actions.hangup(leg)

    assert carrier.history(leg) == ["call.initiated", "call.answered", "call.hangup"]
    assert carrier.account(leg)["sent_digits"] == "1w2W#"


def test_a_recording_is_saved_when_it_is_stopped_and_can_be_fetched(carrier: SimulatedCarrier) -> None:
    leg = carrier.talk("18")
    carrier.sdk.calls.actions.start_recording(leg, channels="dual", format="wav")

    carrier.sdk.calls.actions.stop_recording(leg)

    saved = carrier.receiver.wait("call.recording.saved", leg=leg).payload
    sound = requests.get(saved["recording_urls"]["wav"], timeout=5)
    assert (saved["channels"], sound.status_code, sound.content[:4]) == ("dual", 200, b"RIFF")


def test_each_read_of_a_recording_has_a_new_link(carrier: SimulatedCarrier) -> None:
    leg = carrier.talk("18")
    carrier.sdk.calls.actions.start_recording(leg, channels="dual", format="wav")
    carrier.sdk.calls.actions.stop_recording(leg)
    saved = carrier.receiver.wait("call.recording.saved", leg=leg).payload

    recording = carrier.sdk.recordings.retrieve(saved["recording_id"]).data
    listed = carrier.sdk.recordings.list(filter={"call_leg_id": saved["call_leg_id"]}).data or []

    assert recording is not None and recording.download_urls is not None and recording.download_urls.wav is not None
    assert (recording.call_control_id, recording.channels, recording.status) == (leg, "dual", "completed")
    assert recording.recording_started_at == saved["recording_started_at"]
    assert [each.id for each in listed] == [recording.id]
    assert requests.get(recording.download_urls.wav, timeout=5).content[:4] == b"RIFF"


@pytest.mark.parametrize("expires", ["1", "99999999999", "", "soon"])
def test_a_link_expires_after_ten_minutes(carrier: SimulatedCarrier, expires: str) -> None:
    leg = carrier.talk("18", record="record-from-answer", record_format="mp3")
    carrier.sdk.calls.actions.hangup(leg)
    saved = carrier.receiver.wait("call.recording.saved", leg=leg).payload

    link = saved["recording_urls"]["mp3"].partition("?")[0]

    assert requests.get(link, params={"expires": expires}, timeout=5).status_code == 403


def test_a_recording_that_does_not_exist_is_not_found(carrier: SimulatedCarrier) -> None:
    with pytest.raises(NotFoundError):
        carrier.sdk.recordings.retrieve("00000000-0000-0000-0000-000000000000")
    assert carrier.sdk.recordings.list(filter={"call_leg_id": "another"}).data == []


def test_a_recording_is_saved_after_the_hangup_that_ends_it(carrier: SimulatedCarrier) -> None:
    leg = carrier.talk("18", record="record-from-answer", record_format="mp3")

    carrier.sdk.calls.actions.hangup(leg)

    assert carrier.history(leg, last="call.recording.saved")[-2:] == ["call.hangup", "call.recording.saved"]


def test_a_dial_with_recording_returns_the_recording_id(carrier: SimulatedCarrier) -> None:
    data = carrier.sdk.calls.dial(
        connection_id=CONNECTION, from_=CALLER, to=number("18"), record="record-from-answer"
    ).data
    assert data is not None
    carrier.receiver.wait("call.answered", leg=data.call_control_id)

    carrier.sdk.calls.actions.hangup(data.call_control_id)

    saved = carrier.receiver.wait("call.recording.saved", leg=data.call_control_id).payload
    assert saved["recording_id"] == data.recording_id


def test_a_hangup_while_it_rings_cancels_the_call(carrier: SimulatedCarrier) -> None:
    leg = carrier.dial("42", timeout_secs=600)
    carrier.receiver.wait("call.initiated", leg=leg)

    carrier.sdk.calls.actions.hangup(leg)

    hangup = carrier.receiver.wait("call.hangup", leg=leg).payload
    assert (hangup["hangup_cause"], hangup["sip_hangup_cause"]) == ("originator_cancel", "487")
    assert hangup["hangup_source"] == "caller"


def test_a_digit_outside_a_gather_has_a_webhook_too(carrier: SimulatedCarrier) -> None:
    leg = carrier.talk("18")

    carrier.simulator.callee(leg, press="5")

    assert carrier.receiver.wait("call.dtmf.received", leg=leg).payload["digit"] == "5"


def test_the_last_client_state_goes_with_every_later_webhook(carrier: SimulatedCarrier) -> None:
    leg = carrier.talk("18", client_state="b25l")

    carrier.sdk.calls.actions.speak(leg, **HELLO, client_state="dHdv")
    carrier.sdk.calls.actions.hangup(leg)

    carrier.history(leg)
    states = [delivery.payload["client_state"] for delivery in carrier.receiver.of(leg)]
    assert states[:2] == ["b25l", "b25l"]
    assert set(states[2:]) == {"dHdv"}
