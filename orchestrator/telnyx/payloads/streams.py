"""Audio that leaves the carrier while a call goes on: forks over UDP, streams over a websocket."""

from __future__ import annotations

from typing import ClassVar

from orchestrator.telnyx.event_types import EventType
from orchestrator.telnyx.payloads.base import Fact, Payload


class ForkStarted(Payload):
    """Media is being copied."""

    event_type: ClassVar[EventType | None] = EventType.FORK_STARTED

    stream_type: str | None = None


class ForkStopped(Payload):
    """Media is no longer copied."""

    event_type: ClassVar[EventType | None] = EventType.FORK_STOPPED

    stream_type: str | None = None


class StreamingStarted(Payload):
    """The websocket is connected."""

    event_type: ClassVar[EventType | None] = EventType.STREAMING_STARTED

    stream_url: str | None = None


class StreamingStopped(Payload):
    """The websocket is closed."""

    event_type: ClassVar[EventType | None] = EventType.STREAMING_STOPPED

    stream_url: str | None = None


class StreamParams(Fact):
    """What was to be streamed, and where to."""

    stream_url: str | None = None
    track: str | None = None


class StreamingFailed(Payload):
    """The websocket could not be connected."""

    event_type: ClassVar[EventType | None] = EventType.STREAMING_FAILED

    failure_reason: str | None = None
    stream_id: str | None = None
    stream_params: StreamParams | None = None
    stream_type: str | None = None
