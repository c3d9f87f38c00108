"""Whose voice a flow lets people hear: a person's, a recording, synthesized speech, or an AI that answers."""

from __future__ import annotations

from typing import Final

from orchestrator.flow.actions import Action, Command, StreamPlay
from orchestrator.flow.definition import Flow
from orchestrator.flow.vocabulary import CONNECTING, OWN_RECEIVER
from orchestrator.policy.purposes import Voice

_SYNTHESIZED: Final = frozenset({"speak", "gather_using_speak"})
_PLAYED: Final = frozenset({"playback_start", "gather_using_audio"})
_TALKS_BACK: Final = "stream_bidirectional_mode"


def voice_of(flow: Flow | None) -> Voice | None:
    """Return the voice that the law is strictest with of those in a flow: AI, speech, recordings, then an agent's.

    What plays while people wait for something is no voice. None where nobody knows: without a flow, or in one that
    neither says anything nor connects with anybody.
    """
    heard = {voice for step in flow.steps.values() if (voice := _voice_of(step.action))} if flow else set()
    return next((voice for voice in (Voice.AI, Voice.TTS, Voice.RECORDED, Voice.AGENT) if voice in heard), None)


def _voice_of(action: Action) -> Voice | None:
    if isinstance(action, StreamPlay):
        return Voice.RECORDED
    if not isinstance(action, Command):
        return None
    if action.action in _SYNTHESIZED:
        return Voice.TTS
    if action.action in _PLAYED:
        return Voice.RECORDED
    if action.action == "streaming_start" and _is_talked_back(action):
        return Voice.AI
    return Voice.AGENT if action.action in CONNECTING else None


def _is_talked_back(stream: Command) -> bool:
    """Return whether a program of somebody's talks into the call: our own receiver plays only what the flow says."""
    fields = {**(stream.body or stream.plain), **dict(stream.fields)}
    return _TALKS_BACK in fields and fields.get("stream_url") != OWN_RECEIVER
