"""What was said in a call, read out of its timeline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from orchestrator.telnyx.event_types import EventType


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
    payload = line["payload"]
    if line["type"] == EventType.RECORDING_TRANSCRIBED:
        return _spoken(line["at"], payload.get("transcription_text"), recording_id=_text(payload.get("recording_id")))
    data = payload.get("transcription_data") if line["type"] == EventType.TRANSCRIPTION else None
    # Met without `is_final` too; only what says that it is not final is said again in a moment.
    if not isinstance(data, Mapping) or str(data.get("is_final", True)).lower() == "false":
        return None
    confidence = _number(data.get("confidence"))
    return _spoken(line["at"], data.get("transcript"), track=data.get("transcription_track"), confidence=confidence)


def _spoken(at: datetime, text: Any, *, track: Any = None, **known: Any) -> Utterance | None:
    if not isinstance(text, str) or not text.strip():
        return None
    return Utterance(**{"at": at, "track": _text(track), "text": text.strip(), "confidence": None, **known})


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _number(value: Any) -> float | None:
    try:
        return None if value is None else float(value)
    except (TypeError, ValueError):
        return None
