"""What was said in a call, read out of its timeline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from pydantic import BaseModel, ConfigDict

from orchestrator.telnyx.event_types import EventType
from orchestrator.telnyx.payloads import RecordingTranscribed, Transcription, read_payload
from orchestrator.telnyx.payloads.recordings import Transcribed

_TOLD_BY: Final = frozenset({EventType.TRANSCRIPTION, EventType.RECORDING_TRANSCRIBED})


class Utterance(BaseModel):
    """Something that was said: live on one `track`, or a whole recording's text (then with its `recording_id`).

    `confidence` is the carrier's, from 0 to 1.
    """

    model_config = ConfigDict(frozen=True)

    at: datetime
    track: str | None
    text: str
    confidence: float | None
    recording_id: str | None = None


def transcript_of(timeline: Iterable[Mapping[str, Any]]) -> list[Utterance]:
    """Return the final transcriptions among the lines of a timeline, in the order in which they occurred."""
    said = [found for line in timeline if (found := _utterance(line))]
    return sorted(said, key=lambda utterance: utterance.at)


def _utterance(line: Mapping[str, Any]) -> Utterance | None:
    if line["type"] not in _TOLD_BY:
        return None
    match read_payload(line["type"], line["payload"]):
        case RecordingTranscribed() as whole:
            return _spoken(line["at"], whole.transcription_text, recording_id=whole.recording_id or None)
        # Met without `is_final` too; only what says that it is not final is said again in a moment.
        case Transcription(transcription_data=Transcribed() as said) if said.is_final is not False:
            track = said.transcription_track or None
            return _spoken(line["at"], said.transcript, track=track, confidence=said.confidence)
        case _:
            return None


def _spoken(at: datetime, text: str | None, **known: Any) -> Utterance | None:
    if text is None or not text.strip():
        return None
    return Utterance(**{"at": at, "track": None, "text": text.strip(), "confidence": None, **known})
