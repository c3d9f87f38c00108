"""What the carrier's AI features tell of a conversation; nothing here starts one."""

from __future__ import annotations

from typing import Any, ClassVar

from orchestrator.telnyx.event_types import EventType
from orchestrator.telnyx.payloads.base import Fact, Many, Moment, Payload


class CalledFunction(Fact):
    """A function with its arguments, as JSON text."""

    arguments: str | None = None
    name: str | None = None


class ToolCall(Fact):
    """One use of a tool."""

    function: CalledFunction | None = None
    id: str | None = None
    type: str | None = None


class Message(Fact):
    """One turn of a conversation."""

    content: str | None = None
    role: str | None = None
    timestamp: Moment | None = None
    tool_call_id: str | None = None
    tool_calls: Many[ToolCall] | None = None


class Insight(Fact):
    """One thing that was found out; text, or an object of the shape that was asked for."""

    insight_id: str | None = None
    result: Any = None


class ConversationCreated(Payload):
    """A conversation began."""

    event_type: ClassVar[EventType | None] = EventType.CONVERSATION_CREATED

    conversation_id: str | None = None


class ConversationEnded(Payload):
    """A conversation is over, with all that was said and what spoke; `duration_sec` in seconds."""

    event_type: ClassVar[EventType | None] = EventType.CONVERSATION_ENDED

    assistant_id: str | None = None
    conversation_id: str | None = None
    duration_sec: int | None = None
    llm_model: str | None = None
    messages: Many[Message] | None = None
    reason: str | None = None
    stt_model: str | None = None
    tts_model_id: str | None = None
    tts_provider: str | None = None
    tts_voice_id: str | None = None


class ConversationNotStarted(Payload):
    """A conversation could not begin."""

    event_type: ClassVar[EventType | None] = EventType.CONVERSATION_START_FAILED

    assistant_id: str | None = None
    reason: str | None = None


class InsightsGenerated(Payload):
    """What was found out in a conversation."""

    event_type: ClassVar[EventType | None] = EventType.CONVERSATION_INSIGHTS

    insight_group_id: str | None = None
    results: Many[Insight] | None = None
