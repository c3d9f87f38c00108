"""Answering machine detection: each mode's events for each kind of callee."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from tests.support.simulated_carrier import SimulatedCarrier, number, simulated_carrier

_STANDARD = "call.machine.detection.ended"
_STANDARD_GREETING = "call.machine.greeting.ended"
_PREMIUM = "call.machine.premium.detection.ended"
_PREMIUM_GREETING = "call.machine.premium.greeting.ended"


@pytest.fixture(scope="module")
def carrier() -> Iterator[SimulatedCarrier]:
    with simulated_carrier(time_scale=200) as carrier:
        yield carrier


@pytest.fixture(scope="module")
def slow() -> Iterator[SimulatedCarrier]:
    with simulated_carrier(time_scale=10) as carrier:
        yield carrier


def _detection_events(carrier: SimulatedCarrier, leg: str) -> list[tuple[str, str]]:
    """Wait for the end of the call and return the events of detection, in order."""
    carrier.history(leg)
    return [(d.type, d.payload["result"]) for d in carrier.receiver.of(leg) if "machine" in d.type]


@pytest.mark.parametrize(
    ("last_digits", "mode", "expected"),
    [
        ("19", "disabled", []),
        ("19", "detect", [(_STANDARD, "human")]),
        ("19", "detect_beep", [(_STANDARD, "human")]),
        ("19", "premium", [(_PREMIUM, "human_residence")]),
        ("14", "premium", [(_PREMIUM, "human_business")]),
        ("15", "detect", [(_STANDARD, "not_sure")]),
        ("31", "detect", [(_STANDARD, "not_sure")]),
        ("31", "premium", [(_PREMIUM, "silence")]),
        ("30", "premium", [(_PREMIUM, "fax_detected")]),
        ("30", "detect", [(_STANDARD, "machine")]),
        ("20", "detect", [(_STANDARD, "machine")]),
        ("20", "detect_beep", [(_STANDARD, "machine"), (_STANDARD_GREETING, "beep_detected")]),
        ("21", "detect_beep", [(_STANDARD, "machine")]),
        ("20", "detect_words", [(_STANDARD, "machine"), (_STANDARD_GREETING, "beep_detected")]),
        ("21", "detect_words", [(_STANDARD, "machine"), (_STANDARD_GREETING, "not_sure")]),
        ("20", "greeting_end", [(_STANDARD, "machine"), (_STANDARD_GREETING, "ended")]),
        ("20", "premium", [(_PREMIUM, "machine"), (_PREMIUM_GREETING, "beep_detected")]),
        ("21", "premium", [(_PREMIUM, "machine"), (_PREMIUM_GREETING, "no_beep_detected")]),
        ("22", "premium", [(_PREMIUM_GREETING, "beep_detected")]),
        ("24", "premium", [(_PREMIUM, "machine"), (_PREMIUM_GREETING, "beep_detected")]),
    ],
)
def test_detection_sends_its_result(
    carrier: SimulatedCarrier, last_digits: str, mode: str, expected: list[tuple[str, str]]
) -> None:
    leg = carrier.talk(last_digits, answering_machine_detection=mode)

    assert _detection_events(carrier, leg) == expected


def test_an_unsure_premium_detection_ends_after_thirty_seconds(carrier: SimulatedCarrier) -> None:
    leg = carrier.talk("15", answering_machine_detection="premium")

    ended = carrier.receiver.wait(_PREMIUM, leg=leg)

    answered = carrier.receiver.wait("call.answered", leg=leg)
    took = datetime.fromisoformat(ended.event["occurred_at"]) - datetime.fromisoformat(answered.event["occurred_at"])
    assert ended.payload["result"] == "not_sure"
    assert took >= timedelta(seconds=0.1)  # by the simulator's clock: webhooks may be delivered late


def test_speech_is_cancelled_when_a_machine_is_detected(slow: SimulatedCarrier) -> None:
    leg = slow.talk("23", answering_machine_detection="detect")

    slow.sdk.calls.actions.speak(leg, payload="word " * 600, voice="female")

    assert slow.receiver.wait("call.speak.ended", leg=leg).payload["status"] == "cancelled_amd"


def test_a_gather_is_cancelled_when_a_machine_is_detected(slow: SimulatedCarrier) -> None:
    leg = slow.talk("23", answering_machine_detection="premium")

    slow.sdk.calls.actions.gather_using_audio(leg, audio_url="https://a.test/ask.mp3?seconds=60", maximum_digits=1)

    assert slow.receiver.wait("call.gather.ended", leg=leg).payload["status"] == "cancelled_amd"
    assert slow.receiver.wait("call.playback.ended", leg=leg).payload["status"] == "cancelled_amd"


def test_a_transfer_may_detect_machines_too(carrier: SimulatedCarrier) -> None:
    leg = carrier.talk("18")

    carrier.sdk.calls.actions.transfer(leg, to=number("20"), answering_machine_detection="detect")

    target = carrier.target(leg)
    assert carrier.receiver.wait(_STANDARD, leg=target).payload["result"] == "machine"
