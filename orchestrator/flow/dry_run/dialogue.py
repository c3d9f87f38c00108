"""Describes the events and commands of a dry run in words, and estimates how long speech takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from orchestrator.model.decision import SendCommand
from orchestrator.model.event import HTTP_FAILED, HTTP_SUCCEEDED, Event
from orchestrator.model.own_streams import STREAM_PLAY
from orchestrator.telnyx.event_types import EventType

CLIP_S = 5.0
_LETTERS_PER_S = 15.0

Who = Literal["line", "callee", "flow", "agent", "refusal"]


@dataclass(frozen=True)
class DialogueLine:
    """One line of the conversation; `at_s` is seconds since the dial."""

    at_s: float
    who: Who
    text: str


def describe_event(event: Event) -> str | None:
    """Return an event in words, or None for one that is not shown."""
    payload, who = event.payload, "the agent's phone" if event.leg != "A" else "the call"
    if event.type == EventType.CALL_ANSWERED:
        return f"{who} is answered"
    if event.type.endswith("detection.ended"):
        return f"detection says: {payload['result']}"
    if event.type.endswith("greeting.ended"):
        return f"the greeting is over ({payload['result']})"
    if event.type == EventType.CALL_BRIDGED and event.leg != "A":
        return "the two are talking"
    if event.type == EventType.CALL_HANGUP:
        return f"{who} is over: {payload['hangup_cause']} ({payload['hangup_source']})"
    if event.type == EventType.GATHER_ENDED and not payload["digits"]:
        return f"no digits ({payload['status']})"
    if event.type in {HTTP_SUCCEEDED, HTTP_FAILED}:
        return f"the web address answers {payload['status']}"
    if event.type == EventType.CALL_DEQUEUED:
        return f"the wait in the queue is over: {payload['reason']}"
    return None


def describe_command(command: SendCommand) -> str:
    """Return a command in words."""
    if command.action == STREAM_PLAY:
        return "plays a sound into the stream"
    body = dict(command.body)
    text = body.pop("payload", None)
    rest = ", ".join(f"{name} {value}" for name, value in body.items() if name not in ("voice", "language"))
    return " ".join([command.action, *([f"“{text}”"] if text else []), *([f"({rest})"] if rest else [])])


def speech_duration_s(command: SendCommand) -> float:
    """Return how long the command's text takes to be spoken, in seconds."""
    if command.action == "gather_using_audio":
        return CLIP_S
    return len(str(command.body.get("payload", ""))) / _LETTERS_PER_S
