"""Whose voice a flow lets people hear: a person's, a recording, synthesized speech, or an AI that answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from orchestrator.flow.actions import Action, Command, StreamPlay
from orchestrator.flow.definition import Flow, Step
from orchestrator.flow.vocabulary import CONNECTING
from orchestrator.model.own_streams import OWN_RECEIVER
from orchestrator.policy.purposes import Voice

_SYNTHESIZED: Final = frozenset({"speak", "gather_using_speak"})
_PLAYED: Final = frozenset({"playback_start", "gather_using_audio"})
_TALKS_BACK: Final = "stream_bidirectional_mode"


def voice_of(flow: Flow | None) -> Voice | None:
    """Return the voice that the law is strictest with of those in a flow: AI, speech, recordings, then an agent's.

    What plays while people wait for something is no voice. None where nobody knows: without a flow, or in one that
    neither says anything nor connects with anybody.
    """
    return voice_of_steps(flow.steps.values()) if flow else None


def voice_of_steps(steps: Iterable[Step]) -> Voice | None:
    """Return the same of steps."""
    heard = {voice for step in steps if (voice := _voice_of(step.action))}
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
    if action.action == "streaming_start" and is_talked_back(_fields(action)):
        return Voice.AI
    return Voice.AGENT if action.action in CONNECTING else None


def _fields(command: Command) -> dict[str, Any]:
    return {**(command.body or command.plain), **dict(command.fields)}


def is_talked_back(fields: Mapping[str, Any]) -> bool:
    """Return whether in a stream with these fields a program of somebody's talks: our own receiver says nothing."""
    return _TALKS_BACK in fields and fields.get("stream_url") != OWN_RECEIVER
