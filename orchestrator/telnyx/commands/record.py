"""Recording a leg, pausing, resuming and stopping it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from orchestrator.telnyx.commands.base import Problem, RepeatableCommand, unset_means
from orchestrator.telnyx.commands.languages import RecordingLanguage
from orchestrator.telnyx.commands.values import AudioFormat, Channels, Count, FileName, Track
from orchestrator.telnyx.event_types import EventType


class RecordStart(RepeatableCommand):
    """Record from now until `record_stop` or hangup; times in seconds, 0 for no limit.

    `max_length` is at most 14,400 s, `timeout_secs` is the silence that ends it. Refused before audio runs (90020).
    """

    action: ClassVar[str] = "record_start"
    expects: ClassVar[frozenset[str]] = frozenset(
        {EventType.RECORDING_SAVED, EventType.RECORDING_ERROR, EventType.RECORDING_TRANSCRIBED}
    )
    ended_by: ClassVar[str | None] = EventType.RECORDING_SAVED
    stopped_by: ClassVar[str | None] = "record_stop"

    channels: Channels
    format: AudioFormat
    custom_file_name: FileName | None = None
    max_length: Annotated[int, Field(ge=0, le=14_400)] | None = unset_means(0)
    play_beep: bool | None = None
    recording_track: Track | None = unset_means("both")
    timeout_secs: Count | None = unset_means(0)
    transcription: bool | None = unset_means(False)
    transcription_engine: Literal["A", "B", "deepgram/nova-3"] | None = unset_means("A")
    transcription_language: RecordingLanguage | None = unset_means("en-US")
    transcription_max_speaker_count: Annotated[int, Field(ge=1)] | None = unset_means(6)
    transcription_min_speaker_count: Annotated[int, Field(ge=1)] | None = unset_means(2)
    transcription_profanity_filter: bool | None = unset_means(False)
    transcription_speaker_diarization: bool | None = unset_means(False)
    trim: Literal["trim-silence"] | None = None

    def problems(self) -> Iterator[Problem]:
        """Yield a minimum of speakers above the maximum."""
        yield from super().problems()
        if (self.transcription_min_speaker_count or 1) > (self.transcription_max_speaker_count or 6):
            yield Problem("transcription_min_speaker_count", "is above transcription_max_speaker_count (6 unless set)")


class RecordPause(RepeatableCommand):
    """Leave out what follows until `record_resume`; `recording_id` picks one of several. No webhook follows."""

    action: ClassVar[str] = "record_pause"

    recording_id: UUID | None = None


class RecordResume(RepeatableCommand):
    """Go on recording; `recording_id` picks one of several. No webhook follows."""

    action: ClassVar[str] = "record_resume"

    recording_id: UUID | None = None


class RecordStop(RepeatableCommand):
    """Stop recording; `recording_id` picks one of several."""

    action: ClassVar[str] = "record_stop"
    expects: ClassVar[frozenset[str]] = frozenset({EventType.RECORDING_SAVED})

    recording_id: UUID | None = None
