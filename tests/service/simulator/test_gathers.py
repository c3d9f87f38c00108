"""Repeated tries of a gather: the invalid prompt, then the prompt, both ended by a digit."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.simulated_carrier import SimulatedCarrier, simulated_carrier

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
def carrier() -> Iterator[SimulatedCarrier]:
    with simulated_carrier(time_scale=20) as carrier:
        yield carrier


def _played(carrier: SimulatedCarrier, leg: str) -> list[str]:
    """Return the files in the order in which they started, once the gather has ended and all webhooks have come."""
    carrier.history(leg, last="call.gather.ended")
    return [
        webhook.payload["media_url"] for webhook in carrier.receiver.of(leg) if webhook.type == "call.playback.started"
    ]


@pytest.mark.parametrize("tries", [2, 3])
def test_the_invalid_prompt_plays_before_the_prompt_is_repeated(carrier: SimulatedCarrier, tries: int) -> None:
    leg = carrier.talk("11")

    carrier.act(leg, "gather_using_audio", **_PLAYED, maximum_tries=tries)

    ended = carrier.receiver.wait("call.gather.ended", leg=leg).payload
    assert ended["status"] == "invalid"
    assert _played(carrier, leg) == [_ASK, *[_WRONG, _ASK] * (tries - 1)]


def test_without_a_digit_both_prompts_play_too(carrier: SimulatedCarrier) -> None:
    leg = carrier.talk("10")

    carrier.act(leg, "gather_using_audio", **_PLAYED, maximum_tries=2, timeout_millis=1000)

    assert carrier.receiver.wait("call.gather.ended", leg=leg).payload["status"] == "timeout"
    assert _played(carrier, leg) == [_ASK, _WRONG, _ASK]


def test_without_an_invalid_prompt_only_the_prompt_is_repeated(carrier: SimulatedCarrier) -> None:
    leg = carrier.talk("11")
    asked = {name: value for name, value in _PLAYED.items() if name != "invalid_audio_url"}

    carrier.act(leg, "gather_using_audio", **asked, maximum_tries=2)

    carrier.receiver.wait("call.gather.ended", leg=leg)
    assert _played(carrier, leg) == [_ASK, _ASK]


def test_a_missing_invalid_prompt_does_not_delay_the_prompt(carrier: SimulatedCarrier) -> None:
    leg = carrier.talk("11")
    missing = "https://example.com/missing.mp3"

    carrier.act(leg, "gather_using_audio", **{**_PLAYED, "invalid_audio_url": missing}, maximum_tries=2)

    carrier.receiver.wait("call.gather.ended", leg=leg)
    assert _played(carrier, leg) == [_ASK, missing, _ASK]


def test_a_digit_during_the_invalid_prompt_counts_and_ends_both(carrier: SimulatedCarrier) -> None:
    leg = carrier.talk("10")
    long = {**_PLAYED, "invalid_audio_url": "https://example.com/long.mp3?seconds=600"}
    carrier.act(leg, "gather_using_audio", **long, maximum_tries=2)
    carrier.simulator.callee(leg, press="9")
    carrier.receiver.wait("call.playback.started", leg=leg, nth=2)

    carrier.simulator.callee(leg, press="1")

    ended = carrier.receiver.wait("call.gather.ended", leg=leg).payload
    assert (ended["status"], ended["digits"]) == ("valid", "1")
    assert _played(carrier, leg) == [_ASK, long["invalid_audio_url"]]


@pytest.mark.parametrize("how", ["gather_stop", "hangup"])
def test_a_gather_that_ends_during_the_invalid_prompt_plays_no_prompt(carrier: SimulatedCarrier, how: str) -> None:
    leg = carrier.talk("10")
    long = {**_PLAYED, "invalid_audio_url": "https://example.com/long.mp3?seconds=600"}
    carrier.act(leg, "gather_using_audio", **long, maximum_tries=3)
    carrier.simulator.callee(leg, press="9")
    carrier.receiver.wait("call.playback.started", leg=leg, nth=2)

    carrier.act(leg, how)

    status = {"gather_stop": "cancelled", "hangup": "call_hangup"}[how]
    assert carrier.receiver.wait("call.gather.ended", leg=leg).payload["status"] == status
    if how == "gather_stop":
        carrier.act(leg, "hangup")
    carrier.history(leg)
    assert _played(carrier, leg) == [_ASK, long["invalid_audio_url"]]


def test_spoken_prompts_keep_the_same_order(carrier: SimulatedCarrier) -> None:
    leg = carrier.talk("11")
    carrier.act(leg, "transcription_start", transcription_tracks="outbound")

    carrier.act(leg, "gather_using_speak", **_SPOKEN, maximum_tries=2)

    carrier.receiver.wait("call.gather.ended", leg=leg)
    carrier.history(leg, last="call.gather.ended")
    payloads = [webhook.payload for webhook in carrier.receiver.of(leg) if webhook.type == "call.transcription"]
    said = [payload["transcription_data"]["transcript"] for payload in payloads]
    assert said == [_SPOKEN["payload"], _SPOKEN["invalid_payload"], _SPOKEN["payload"]]
