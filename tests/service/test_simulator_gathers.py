"""A gather that is asked again: what was wrong is said first, then the question is repeated, and keys cut both off."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.desk import Desk, desk

_ASK, _WRONG = "https://example.com/ask.mp3?seconds=2", "https://example.com/wrong.mp3?seconds=1"
_PLAYED = {"audio_url": _ASK, "invalid_audio_url": _WRONG, "valid_digits": "1", "maximum_digits": 1}
_SPOKEN = {
    "payload": "Press one.",
    "invalid_payload": "That was wrong, please listen once more.",
    "voice": "female",
    "valid_digits": "1",
    "maximum_digits": 1,
}


@pytest.fixture(scope="module")
def table() -> Iterator[Desk]:
    with desk(time_scale=20) as table:
        yield table


def _heard(table: Desk, leg: str) -> list[str]:
    """Return the files in the order in which they began, once the gather is over and everything has come."""
    table.history(leg, last="call.gather.ended")
    return [told.payload["media_url"] for told in table.receiver.of(leg) if told.type == "call.playback.started"]


@pytest.mark.parametrize("tries", [2, 3])
def test_what_was_wrong_is_said_before_the_question_is_repeated(table: Desk, tries: int) -> None:
    leg = table.talk("11")

    table.act(leg, "gather_using_audio", **_PLAYED, maximum_tries=tries)

    ended = table.receiver.wait("call.gather.ended", leg=leg).payload
    assert ended["status"] == "invalid"
    assert _heard(table, leg) == [_ASK, *[_WRONG, _ASK] * (tries - 1)]


def test_who_presses_nothing_hears_both_too(table: Desk) -> None:
    leg = table.talk("10")

    table.act(leg, "gather_using_audio", **_PLAYED, maximum_tries=2, timeout_millis=1000)

    assert table.receiver.wait("call.gather.ended", leg=leg).payload["status"] == "timeout"
    assert _heard(table, leg) == [_ASK, _WRONG, _ASK]


def test_without_words_for_it_the_question_alone_is_repeated(table: Desk) -> None:
    leg = table.talk("11")
    asked = {name: value for name, value in _PLAYED.items() if name != "invalid_audio_url"}

    table.act(leg, "gather_using_audio", **asked, maximum_tries=2)

    table.receiver.wait("call.gather.ended", leg=leg)
    assert _heard(table, leg) == [_ASK, _ASK]


def test_a_file_that_is_missing_does_not_keep_the_question_back(table: Desk) -> None:
    leg = table.talk("11")
    missing = "https://example.com/missing.mp3"

    table.act(leg, "gather_using_audio", **{**_PLAYED, "invalid_audio_url": missing}, maximum_tries=2)

    table.receiver.wait("call.gather.ended", leg=leg)
    assert _heard(table, leg) == [_ASK, missing, _ASK]


def test_a_key_pressed_into_what_was_wrong_is_taken_and_ends_both(table: Desk) -> None:
    leg = table.talk("10")
    long = {**_PLAYED, "invalid_audio_url": "https://example.com/long.mp3?seconds=600"}
    table.act(leg, "gather_using_audio", **long, maximum_tries=2)
    table.simulator.callee(leg, press="9")
    table.receiver.wait("call.playback.started", leg=leg, nth=2)

    table.simulator.callee(leg, press="1")

    ended = table.receiver.wait("call.gather.ended", leg=leg).payload
    assert (ended["status"], ended["digits"]) == ("valid", "1")
    assert _heard(table, leg) == [_ASK, long["invalid_audio_url"]]


@pytest.mark.parametrize("how", ["gather_stop", "hangup"])
def test_a_gather_that_ends_in_what_was_wrong_asks_no_more(table: Desk, how: str) -> None:
    leg = table.talk("10")
    long = {**_PLAYED, "invalid_audio_url": "https://example.com/long.mp3?seconds=600"}
    table.act(leg, "gather_using_audio", **long, maximum_tries=3)
    table.simulator.callee(leg, press="9")
    table.receiver.wait("call.playback.started", leg=leg, nth=2)

    table.act(leg, how)

    status = {"gather_stop": "cancelled", "hangup": "call_hangup"}[how]
    assert table.receiver.wait("call.gather.ended", leg=leg).payload["status"] == status
    if how == "gather_stop":
        table.act(leg, "hangup")
    table.history(leg)
    assert _heard(table, leg) == [_ASK, long["invalid_audio_url"]]


def test_spoken_prompts_keep_the_same_order(table: Desk) -> None:
    leg = table.talk("11")
    table.act(leg, "transcription_start", transcription_tracks="outbound")

    table.act(leg, "gather_using_speak", **_SPOKEN, maximum_tries=2)

    table.receiver.wait("call.gather.ended", leg=leg)
    table.history(leg, last="call.gather.ended")
    told = [told.payload for told in table.receiver.of(leg) if told.type == "call.transcription"]
    said = [payload["transcription_data"]["transcript"] for payload in told]
    assert said == [_SPOKEN["payload"], _SPOKEN["invalid_payload"], _SPOKEN["payload"]]
