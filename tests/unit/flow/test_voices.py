"""The voice of a flow is the one that the law is strictest with, of those that people hear in it."""

from __future__ import annotations

import pytest

from orchestrator.flow import load_flow
from orchestrator.flow.voices import voice_of
from orchestrator.policy.purposes import Voice

SAY = '{speak: {payload: "Hello", voice: female}, on: {call.speak.ended: bye}}'
PLAY = '{playback_start: {audio_url: "https://example.com/a.mp3"}, on: {call.playback.ended: bye}}'
CONNECT = '{transfer: {to: "+13125550100"}, on: {target.call.hangup: bye}}'
LISTEN = "{gather: {maximum_digits: 1}, on: {call.gather.ended: bye}}"
TALK = '{streaming_start: {stream_url: "wss://example.com/bot", stream_bidirectional_mode: rtp}, goto: bye}'
HEAR = '{streaming_start: {stream_url: "wss://example.com/ears"}, goto: bye}'
OURS = "{streaming_start: {stream_url: ours, stream_bidirectional_mode: rtp}, goto: bye}"


def flow(*steps: str) -> str:
    named = "\n".join(f"  step{n}: {step.replace('bye', f'step{n + 1}')}" for n, step in enumerate(steps))
    return f"name: f\nstart: step0\nsteps:\n{named}\n  step{len(steps)}: {{hangup: {{}}}}\n"


@pytest.mark.parametrize(
    ("steps", "voice"),
    [
        ([SAY], Voice.TTS),
        ([PLAY], Voice.RECORDED),
        ([CONNECT], Voice.AGENT),
        ([LISTEN], None),
        ([TALK], Voice.AI),
        ([HEAR], None),
        ([OURS], None),
        ([PLAY, SAY], Voice.TTS),
        ([SAY, CONNECT], Voice.TTS),
        ([PLAY, CONNECT], Voice.RECORDED),
        ([SAY, TALK], Voice.AI),
    ],
)
def test_a_flow_speaks_in_its_strictest_voice(steps: list[str], voice: Voice | None) -> None:
    assert voice_of(load_flow(flow(*steps), "application/yaml")) is voice


def test_the_voice_of_no_flow_is_known_to_nobody() -> None:
    assert voice_of(None) is None
