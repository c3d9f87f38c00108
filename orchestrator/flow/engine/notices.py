"""Says the notices that the law asks for and the flow leaves to the engine, once a call and before anything else.

A text that is spoken says them first. Before a recording, or a stream that talks, they are spoken alone, and the step
begins when they were said; in a flow that speaks nothing itself also before a sound or a connection. They count as
said once the carrier has accepted their command: what was dropped unsent is said by the next one. What a machine's
greeting has covered is said again to who listens to the message.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from pydantic import ValidationError

from orchestrator.flow.actions import Command, Constant
from orchestrator.flow.engine.render_command import render_body
from orchestrator.flow.engine.transition import NOTICES, OWN, Transition
from orchestrator.flow.limits import MAX_RENDERED_CHARS, STALL_S
from orchestrator.flow.notices import Said, sentences, spoken_language
from orchestrator.flow.speech import speech_of
from orchestrator.flow.templating.ssml import filled_into_ssml
from orchestrator.flow.templating.values import TemplateFailure
from orchestrator.flow.vocabulary import CONNECTING
from orchestrator.flow.voices import is_talked_back
from orchestrator.model.own_streams import STREAM_PLAY

_SAYS_THEM: Final = frozenset({"speak", "gather_using_speak"})
_HEARD: Final = CONNECTING | {"playback_start", "gather_using_audio", STREAM_PLAY}
_OPENING: Final = re.compile(r"\s*<speak\b[^>]*>")


def with_notices(transition: Transition, action: str, body: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the body of the step's command with the notices in front; None if they are being spoken before it."""
    if not transition.call.notices or transition.call.notices_said:
        return dict(body)
    if action in _SAYS_THEM:
        said = _in_front(body, _sentences(transition, body))
        if len(said) <= MAX_RENDERED_CHARS:
            transition.call.notice_command = transition.command_id(OWN)
            return {**body, "payload": said}
    elif not _waits_for_them(transition, action, body):
        return dict(body)
    _speak(transition)
    return None


def note_notices(transition: Transition, command_id: str) -> None:
    """Note that an accepted command says the notices, if it does."""
    if command_id == transition.call.notice_command:
        transition.call.notices_said = True


def forget_notices(transition: Transition) -> None:
    """Let the notices be said once more: they were said to a machine's greeting, and nobody has heard them."""
    transition.call.notice_command, transition.call.notices_said = None, False


def notices_alone(transition: Transition) -> str:
    """Return the id of the command that speaks the notices of the current visit alone."""
    return transition.command_id(NOTICES)


def _waits_for_them(transition: Transition, action: str, body: Mapping[str, Any]) -> bool:
    if action == "record_start":
        return Said.RECORDING_NOTICE in transition.call.notices
    if action == "streaming_start":
        return Said.AI_NOTICE in transition.call.notices and is_talked_back(body)
    return action in _HEARD and _speech(transition) is None


def _speak(transition: Transition) -> None:
    transition.call.notice_command = notices_alone(transition)
    transition.send("speak", _body(transition), index=NOTICES)
    transition.set_timer(f"stall:{transition.call.visit}", STALL_S)


def _body(transition: Transition) -> dict[str, Any]:
    """Return the notices as the flow speaks, or in a voice of the carrier's where it says nothing itself."""
    speech = _speech(transition)
    try:
        body = render_body(speech, transition.scope()) if speech else {}
    except (TemplateFailure, ValidationError):
        body = {}
    if body:
        return {**body, "payload": _sentences(transition, body)}
    language = spoken_language(_language(transition, {}))
    return {"payload": _sentences(transition, {}), "voice": "female", "language": language}


def _speech(transition: Transition) -> Command | None:
    steps = transition.flow.steps.values() if transition.flow else ()
    return speech_of(steps, Constant(_sentences(transition, {})))


def _sentences(transition: Transition, body: Mapping[str, Any]) -> str:
    return sentences(transition.call.notices, _language(transition, body))


def _language(transition: Transition, body: Mapping[str, Any]) -> str:
    """Return the language of the voice that says them, else that of the call."""
    language = body.get("language")
    if isinstance(language, str):
        return language
    return transition.flow.language_for(transition.call.contact) if transition.flow else ""


def _in_front(body: Mapping[str, Any], notices: str) -> str:
    payload = str(body.get("payload", ""))
    if body.get("payload_type") != "ssml":
        return f"{notices} {payload}"
    opening = _OPENING.match(payload)
    at = opening.end() if opening else 0
    return f"{payload[:at]}{filled_into_ssml(notices)} {payload[at:]}"
