"""What was recorded and what was written down of it."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from orchestrator.telnyx.event_types import EventType
from orchestrator.telnyx.payloads.base import Fact, Moment, OrText, Payload


class RecordingLinks(Fact):
    """Where a recording lies, by format; each is valid for 10 minutes."""

    mp3: str | None = None
    wav: str | None = None


class RecordingSaved(Payload):
    """A recording is ready, often only after the hangup.

    The SDK's model knows neither `call_control_id` nor `recording_id`, real payloads carry both.
    `public_recording_urls` is empty unless the account has set it up.
    """

    event_type: ClassVar[EventType | None] = EventType.RECORDING_SAVED

    channels: str | None = None
    end_time: Moment | None = None
    format: str | None = None
    public_recording_urls: RecordingLinks | None = None
    recording_ended_at: Moment | None = None
    recording_id: str | None = None
    recording_started_at: Moment | None = None
    recording_urls: RecordingLinks | None = None
    start_time: Moment | None = None


class RecordingFailed(Payload):
    """A recording could not be kept; no document promises its `recording_id`."""

    event_type: ClassVar[EventType | None] = EventType.RECORDING_ERROR

    recording_id: str | None = None
    reason: str | None = None


class RecordingTranscribed(Payload):
    """A recording was written down."""

    event_type: ClassVar[EventType | None] = EventType.RECORDING_TRANSCRIBED

    recording_id: str | None = None
    recording_transcription_id: str | None = None
    status: str | None = None
    transcription_text: str | None = None


class Track(StrEnum):
    """Whose voice: inbound is what the carrier receives from the leg."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


class Transcribed(Fact):
    """What was said, with a confidence of 0..1; a draft unless `is_final`."""

    confidence: float | None = None
    is_final: bool | None = None
    transcript: str | None = None
    transcription_track: OrText[Track] | None = None


class Transcription(Payload):
    """Something was said on a leg that is being transcribed."""

    event_type: ClassVar[EventType | None] = EventType.TRANSCRIPTION

    transcription_data: Transcribed | None = None
