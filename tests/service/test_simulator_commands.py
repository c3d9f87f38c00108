"""Dial and every action, given by the official SDK, do what the carrier does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests
from telnyx import NotFoundError

from tests.support.desk import CALLER, CONNECTION, Desk, desk, number

HELLO = {"payload": "Hello from Elm Clinic.", "voice": "female"}
ASK = {"payload": "Press 1 to confirm.", "voice": "female", "valid_digits": "19", "maximum_digits": 1}


@pytest.fixture(scope="module")
def table() -> Iterator[Desk]:
    with desk(time_scale=20) as table:
        yield table


def test_a_dial_answers_with_ids_and_is_not_alive_yet(table: Desk) -> None:
    data = table.sdk.calls.dial(connection_id=CONNECTION, from_=CALLER, to=number("01"), client_state="YQ==").data

    assert data is not None
    assert data.call_control_id.startswith("v3:")
    assert data.is_alive is False
    assert data.client_state == "YQ=="
    assert data.record_type == "call"


def test_a_human_who_is_hung_up_on_gives_initiated_answered_hangup(table: Desk) -> None:
    leg = table.talk()

    table.sdk.calls.actions.hangup(leg)

    assert table.history(leg) == ["call.initiated", "call.answered", "call.hangup"]
    hangup = table.receiver.wait("call.hangup", leg=leg).payload
    assert (hangup["hangup_cause"], hangup["hangup_source"], hangup["sip_hangup_cause"]) == (
        "normal_clearing",
        "caller",
        "200",
    )
    assert hangup["start_time"] < hangup["end_time"]


def test_initiated_says_outgoing_and_bridging(table: Desk) -> None:
    leg = table.dial()

    payload = table.receiver.wait("call.initiated", leg=leg).payload

    assert (payload["direction"], payload["state"]) == ("outgoing", "bridging")
    assert (payload["from"], payload["to"], payload["connection_id"]) == (CALLER, number("01"), CONNECTION)


def test_speech_starts_and_ends(table: Desk) -> None:
    leg = table.talk("18")

    table.sdk.calls.actions.speak(leg, **HELLO)

    assert table.receiver.wait("call.speak.ended", leg=leg).payload["status"] == "completed"
    assert table.history(leg, last="call.speak.ended")[-2:] == ["call.speak.started", "call.speak.ended"]


def test_two_texts_are_spoken_one_after_the_other(table: Desk) -> None:
    leg = table.talk("18")

    table.sdk.calls.actions.speak(leg, **HELLO)
    table.sdk.calls.actions.speak(leg, **HELLO)
    table.receiver.wait("call.speak.ended", leg=leg, nth=2)

    assert table.history(leg, last="call.speak.ended")[2:] == ["call.speak.started", "call.speak.ended"] * 2


def test_stopping_speech_ends_it_as_completed(table: Desk) -> None:
    leg = table.talk("18")
    table.sdk.calls.actions.speak(leg, payload="word " * 600, voice="female")

    table.sdk.calls.actions.stop_playback(leg)

    assert table.receiver.wait("call.speak.ended", leg=leg, within=2).payload["status"] == "completed"


def test_a_file_is_played(table: Desk) -> None:
    leg = table.talk("18")

    table.sdk.calls.actions.start_playback(leg, audio_url="https://media.example.test/hello.mp3")

    ended = table.receiver.wait("call.playback.ended", leg=leg).payload
    assert (ended["status"], ended["media_url"]) == ("completed", "https://media.example.test/hello.mp3")


def test_a_file_that_is_missing_ends_at_once_as_not_found(table: Desk) -> None:
    leg = table.talk("18")

    table.sdk.calls.actions.start_playback(leg, audio_url="https://media.example.test/missing.mp3")

    assert table.receiver.wait("call.playback.ended", leg=leg).payload["status"] == "file_not_found"


def test_a_stopped_file_is_cancelled_and_what_waits_is_forgotten(table: Desk) -> None:
    leg = table.talk("18")
    for _ in range(2):
        table.sdk.calls.actions.start_playback(leg, media_name="music", loop="infinity")

    table.sdk.calls.actions.stop_playback(leg, stop="all")
    table.sdk.calls.actions.hangup(leg)

    assert table.history(leg)[2:] == ["call.playback.started", "call.playback.ended", "call.hangup"]
    assert table.receiver.wait("call.playback.ended", leg=leg).payload["status"] == "cancelled"


def test_stopping_the_current_file_plays_the_next(table: Desk) -> None:
    leg = table.talk("18")
    for name in ("one", "two"):
        table.sdk.calls.actions.start_playback(leg, media_name=name, loop="infinity")

    table.sdk.calls.actions.stop_playback(leg, stop="current")

    assert table.receiver.wait("call.playback.started", leg=leg, nth=2).payload["media_name"] == "two"


def test_an_overlay_plays_over_what_runs(table: Desk) -> None:
    leg = table.talk("18")
    table.sdk.calls.actions.start_playback(leg, media_name="music", loop="infinity")

    table.sdk.calls.actions.start_playback(leg, media_name="bell", overlay=True)

    ended = table.receiver.wait("call.playback.ended", leg=leg).payload
    assert (ended["media_name"], ended["overlay"], ended["status"]) == ("bell", True, "completed")


def test_a_hangup_ends_speech_before_it_is_told_itself(table: Desk) -> None:
    leg = table.talk("18")
    table.sdk.calls.actions.speak(leg, payload="word " * 600, voice="female")

    table.sdk.calls.actions.hangup(leg)

    assert table.history(leg)[-2:] == ["call.speak.ended", "call.hangup"]
    assert table.receiver.wait("call.speak.ended", leg=leg).payload["status"] == "call_hangup"


def test_a_spoken_prompt_gathers_a_digit_and_tells_no_speech(table: Desk) -> None:
    leg = table.talk("01")

    table.sdk.calls.actions.gather_using_speak(leg, **ASK)

    ended = table.receiver.wait("call.gather.ended", leg=leg).payload
    assert (ended["status"], ended["digits"]) == ("valid", "1")
    assert table.history(leg, last="call.gather.ended")[2:] == ["call.dtmf.received", "call.gather.ended"]


def test_a_played_prompt_gathers_a_digit_and_tells_of_the_playback(table: Desk) -> None:
    leg = table.talk("09")

    table.sdk.calls.actions.gather_using_audio(
        leg, audio_url="https://media.example.test/ask.mp3?seconds=2", valid_digits="19", maximum_digits=1
    )

    assert table.receiver.wait("call.gather.ended", leg=leg).payload["digits"] == "9"
    assert table.history(leg, last="call.gather.ended")[2:] == [
        "call.playback.started",
        "call.playback.ended",
        "call.dtmf.received",
        "call.gather.ended",
    ]


def test_a_digit_into_the_prompt_cuts_it(table: Desk) -> None:
    leg = table.talk("16")

    table.sdk.calls.actions.gather_using_audio(leg, media_name="long", maximum_digits=1)
    table.receiver.wait("call.gather.ended", leg=leg)

    assert table.receiver.wait("call.playback.ended", leg=leg).payload["status"] == "cancelled"
    assert table.history(leg, last="call.gather.ended")[3] == "call.dtmf.received"


def test_a_gather_without_a_prompt_takes_several_digits(table: Desk) -> None:
    leg = table.talk("10")
    table.sdk.calls.actions.gather(
        leg,
        gather_id="pin",
        maximum_digits=4,
        timeout_millis=120_000,
        inter_digit_timeout_millis=120_000,
        initial_timeout_millis=120_000,
    )

    table.simulator.callee(leg, press="1234")

    ended = table.receiver.wait("call.gather.ended", leg=leg).payload
    assert (ended["status"], ended["digits"], ended["gather_id"]) == ("valid", "1234", "pin")
    assert table.history(leg, last="call.gather.ended").count("call.dtmf.received") == 4


def test_the_terminating_digit_ends_a_gather_and_is_not_among_its_digits(table: Desk) -> None:
    leg = table.talk("10")
    table.sdk.calls.actions.gather(
        leg, maximum_digits=8, inter_digit_timeout_millis=120_000, initial_timeout_millis=120_000
    )

    table.simulator.callee(leg, press="12#")

    ended = table.receiver.wait("call.gather.ended", leg=leg).payload
    assert (ended["status"], ended["digits"]) == ("valid", "12")


def test_too_few_digits_are_invalid(table: Desk) -> None:
    leg = table.talk("10")
    table.sdk.calls.actions.gather(
        leg, minimum_digits=4, maximum_digits=4, inter_digit_timeout_millis=1_000, initial_timeout_millis=120_000
    )

    table.simulator.callee(leg, press="12")

    ended = table.receiver.wait("call.gather.ended", leg=leg).payload
    assert (ended["status"], ended["digits"]) == ("invalid", "12")


def test_nobody_pressing_is_a_timeout(table: Desk) -> None:
    leg = table.talk("10")

    table.sdk.calls.actions.gather_using_speak(leg, **ASK, timeout_millis=2_000, maximum_tries=2)

    ended = table.receiver.wait("call.gather.ended", leg=leg).payload
    assert (ended["status"], ended["digits"]) == ("timeout", "")


def test_wrong_digits_are_asked_for_again_until_the_tries_are_used_up(table: Desk) -> None:
    leg = table.talk("11")

    table.sdk.calls.actions.gather_using_speak(leg, **ASK, maximum_tries=3, timeout_millis=5_000)

    assert table.receiver.wait("call.gather.ended", leg=leg).payload["status"] == "invalid"
    assert table.history(leg, last="call.gather.ended").count("call.dtmf.received") == 3


def test_a_stopped_gather_is_cancelled(table: Desk) -> None:
    leg = table.talk("10")
    table.sdk.calls.actions.gather_using_speak(leg, **ASK)

    table.sdk.calls.actions.stop_gather(leg)

    assert table.receiver.wait("call.gather.ended", leg=leg).payload["status"] == "cancelled"


def test_a_hangup_ends_a_gather_before_it_is_told_itself(table: Desk) -> None:
    leg = table.talk("10")
    table.sdk.calls.actions.gather(leg, initial_timeout_millis=120_000)

    table.simulator.callee(leg, hang_up=True)

    assert table.history(leg)[-2:] == ["call.gather.ended", "call.hangup"]
    assert table.receiver.wait("call.gather.ended", leg=leg).payload["status"] == "call_hangup"
    assert table.receiver.wait("call.hangup", leg=leg).payload["hangup_source"] == "callee"


def test_tones_are_sent_and_no_webhook_tells_of_them(table: Desk) -> None:
    leg = table.talk("18")

    table.sdk.calls.actions.send_dtmf(leg, digits="1w2W#")
    table.sdk.calls.actions.hangup(leg)

    assert table.history(leg) == ["call.initiated", "call.answered", "call.hangup"]
    assert table.account(leg)["sent_digits"] == "1w2W#"


def test_a_recording_is_saved_when_it_is_stopped_and_can_be_fetched(table: Desk) -> None:
    leg = table.talk("18")
    table.sdk.calls.actions.start_recording(leg, channels="dual", format="wav")

    table.sdk.calls.actions.stop_recording(leg)

    saved = table.receiver.wait("call.recording.saved", leg=leg).payload
    sound = requests.get(saved["recording_urls"]["wav"], timeout=5)
    assert (saved["channels"], sound.status_code, sound.content[:4]) == ("dual", 200, b"RIFF")


def test_a_recording_is_told_anew_with_a_link_of_its_own(table: Desk) -> None:
    leg = table.talk("18")
    table.sdk.calls.actions.start_recording(leg, channels="dual", format="wav")
    table.sdk.calls.actions.stop_recording(leg)
    saved = table.receiver.wait("call.recording.saved", leg=leg).payload

    told = table.sdk.recordings.retrieve(saved["recording_id"]).data
    listed = table.sdk.recordings.list(filter={"call_leg_id": saved["call_leg_id"]}).data or []

    assert told is not None and told.download_urls is not None and told.download_urls.wav is not None
    assert (told.call_control_id, told.channels, told.status) == (leg, "dual", "completed")
    assert told.recording_started_at == saved["recording_started_at"]
    assert [each.id for each in listed] == [told.id]
    assert requests.get(told.download_urls.wav, timeout=5).content[:4] == b"RIFF"


@pytest.mark.parametrize("expires", ["1", "99999999999", "", "soon"])
def test_a_link_that_was_not_made_within_ten_minutes_is_over(table: Desk, expires: str) -> None:
    leg = table.talk("18", record="record-from-answer", record_format="mp3")
    table.sdk.calls.actions.hangup(leg)
    saved = table.receiver.wait("call.recording.saved", leg=leg).payload

    link = saved["recording_urls"]["mp3"].partition("?")[0]

    assert requests.get(link, params={"expires": expires}, timeout=5).status_code == 403


def test_a_recording_that_does_not_exist_is_not_found(table: Desk) -> None:
    with pytest.raises(NotFoundError):
        table.sdk.recordings.retrieve("00000000-0000-0000-0000-000000000000")
    assert table.sdk.recordings.list(filter={"call_leg_id": "another"}).data == []


def test_a_recording_is_saved_after_the_hangup_that_ends_it(table: Desk) -> None:
    leg = table.talk("18", record="record-from-answer", record_format="mp3")

    table.sdk.calls.actions.hangup(leg)

    assert table.history(leg, last="call.recording.saved")[-2:] == ["call.hangup", "call.recording.saved"]


def test_a_dial_that_records_tells_the_recording_id(table: Desk) -> None:
    data = table.sdk.calls.dial(
        connection_id=CONNECTION, from_=CALLER, to=number("18"), record="record-from-answer"
    ).data
    assert data is not None
    table.receiver.wait("call.answered", leg=data.call_control_id)

    table.sdk.calls.actions.hangup(data.call_control_id)

    saved = table.receiver.wait("call.recording.saved", leg=data.call_control_id).payload
    assert saved["recording_id"] == data.recording_id


def test_a_hangup_while_it_rings_cancels_the_call(table: Desk) -> None:
    leg = table.dial("42", timeout_secs=600)
    table.receiver.wait("call.initiated", leg=leg)

    table.sdk.calls.actions.hangup(leg)

    hangup = table.receiver.wait("call.hangup", leg=leg).payload
    assert (hangup["hangup_cause"], hangup["sip_hangup_cause"]) == ("originator_cancel", "487")
    assert hangup["hangup_source"] == "caller"


def test_a_digit_outside_a_gather_is_told_too(table: Desk) -> None:
    leg = table.talk("18")

    table.simulator.callee(leg, press="5")

    assert table.receiver.wait("call.dtmf.received", leg=leg).payload["digit"] == "5"


def test_the_last_client_state_goes_with_every_later_webhook(table: Desk) -> None:
    leg = table.talk("18", client_state="b25l")

    table.sdk.calls.actions.speak(leg, **HELLO, client_state="dHdv")
    table.sdk.calls.actions.hangup(leg)

    table.history(leg)
    states = [delivery.payload["client_state"] for delivery in table.receiver.of(leg)]
    assert states[:2] == ["b25l", "b25l"]
    assert set(states[2:]) == {"dHdv"}
