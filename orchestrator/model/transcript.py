"""The transcript of a call, read from the events of its timeline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from orchestrator.telnyx.event_types import EventType
from orchestrator.telnyx.lenient_model import LenientModel


class Utterance(BaseModel):
    """A transcribed passage: live speech of one `track`, or a whole recording (then with its `recording_id`).

    `confidence` is the carrier's, from 0 to 1.
    """

    model_config = ConfigDict(frozen=True)

    at: datetime
    track: str | None
    text: str
    confidence: float | None
    recording_id: str | None = None


class _LiveSpeech(LenientModel):
    """The `transcription_data` of a `call.transcription`."""

    confidence: float | None = None
    is_final: bool | None = None
    transcript: str | None = None
    transcription_track: str | None = None


class _LiveTranscription(LenientModel):
    """The payload of a `call.transcription`."""

    transcription_data: _LiveSpeech | None = None


class _RecordingTranscription(LenientModel):
    """The payload of a `call.recording.transcription.saved`."""

    recording_id: str | None = None
    transcription_text: str | None = None


def transcript_of(timeline: Iterable[Mapping[str, Any]]) -> list[Utterance]:
    """Return the final transcriptions in a timeline, in the order in which they occurred."""
    found = [utterance for line in timeline if (utterance := _utterance(line))]
    return sorted(found, key=lambda utterance: utterance.at)


def _utterance(line: Mapping[str, Any]) -> Utterance | None:
    match line["type"]:
        case EventType.TRANSCRIPTION:
            return _live(line["at"], line["payload"])
        case EventType.RECORDING_TRANSCRIBED:
            return _recorded(line["at"], line["payload"])
        case _:
            return None


def _live(at: datetime, payload: Mapping[str, Any]) -> Utterance | None:
    speech = _LiveTranscription.model_validate(payload).transcription_data
    # Some carry no `is_final`; only a draft, which says false, is followed by another version of the same words.
    if speech is None or speech.is_final is False or not (text := (speech.transcript or "").strip()):
        return None
    return Utterance(at=at, track=speech.transcription_track or None, text=text, confidence=speech.confidence)


def _recorded(at: datetime, payload: Mapping[str, Any]) -> Utterance | None:
    whole = _RecordingTranscription.model_validate(payload)
    if not (text := (whole.transcription_text or "").strip()):
        return None
    return Utterance(at=at, track=None, text=text, confidence=None, recording_id=whole.recording_id or None)
