"""What is heard on a leg: speech, playback, keys."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from orchestrator.telnyx.event_types import EventType
from orchestrator.telnyx.outcomes import GatherStatus
from orchestrator.telnyx.payloads.base import OrText, Payload


class SpeakStatus(StrEnum):
    """How a speech ended; one that was stopped counts as completed."""

    COMPLETED = "completed"
    CALL_HANGUP = "call_hangup"
    CANCELLED_AMD = "cancelled_amd"


class PlaybackStatus(StrEnum):
    """How a playback ended."""

    COMPLETED = "completed"
    CALL_HANGUP = "call_hangup"
    CANCELLED = "cancelled"
    CANCELLED_AMD = "cancelled_amd"
    FILE_NOT_FOUND = "file_not_found"
    FAILED = "failed"
    UNKNOWN = "unknown"


class SpeakStarted(Payload):
    """A speech began."""

    event_type: ClassVar[EventType | None] = EventType.SPEAK_STARTED

    speak_id: str | None = None


class SpeakEnded(Payload):
    """A speech is over."""

    event_type: ClassVar[EventType | None] = EventType.SPEAK_ENDED

    speak_id: str | None = None
    status: OrText[SpeakStatus] | None = None


class PlaybackStarted(Payload):
    """A file began to play."""

    event_type: ClassVar[EventType | None] = EventType.PLAYBACK_STARTED

    media_name: str | None = None
    media_url: str | None = None
    overlay: bool | None = None


class PlaybackEnded(Payload):
    """A file is over, or could not be played at all."""

    event_type: ClassVar[EventType | None] = EventType.PLAYBACK_ENDED

    media_name: str | None = None
    media_url: str | None = None
    overlay: bool | None = None
    status: OrText[PlaybackStatus] | None = None
    status_detail: str | None = None


class DtmfReceived(Payload):
    """The other side pressed a key."""

    event_type: ClassVar[EventType | None] = EventType.DTMF_RECEIVED

    digit: str | None = None


class GatherEnded(Payload):
    """A gather is over, with the digits it has; whether the terminating one is among them no document says."""

    event_type: ClassVar[EventType | None] = EventType.GATHER_ENDED

    digits: str | None = None
    gather_id: str | None = None
    status: OrText[GatherStatus] | None = None
