"""What the carrier tells of recordings and of what was said, whatever is missing in it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from orchestrator.model.live_call import LiveCall
from orchestrator.model.recording import ReportedRecording, reported_recordings
from orchestrator.model.transcript import transcript_of

AT = datetime(2026, 3, 2, 15, 4, tzinfo=UTC)
SAVED = {
    "recording_id": "rec-1",
    "channels": "dual",
    "format": "mp3",
    "recording_urls": {"mp3": "https://r.example.test/1.mp3"},
    "public_recording_urls": {},
    "recording_started_at": "2026-03-02T15:03:00.000000Z",
    "recording_ended_at": "2026-03-02T15:03:49.500000Z",
}


def told(**kept: Any) -> ReportedRecording:
    kept = {"event_id": "e1", "leg": "A", "told_at": AT.isoformat(), **kept}
    [recording] = reported_recordings(LiveCall(call_id="call_1", recordings=(kept,)))
    return recording


def line(kind: str, after_s: float = 0.0, **payload: Any) -> dict[str, Any]:
    return {"type": kind, "at": AT + timedelta(seconds=after_s), "payload": payload}


def said(text: Any, **data: Any) -> dict[str, Any]:
    return {"transcription_data": {"transcript": text, "is_final": True, "transcription_track": "inbound", **data}}


def test_a_saved_recording_waits_to_be_fetched() -> None:
    recording = told(**SAVED)

    assert (recording.state, recording.error, recording.told_as) == ("pending", None, "rec-1")
    assert recording.ended_at is not None and recording.started_at is not None
    assert (recording.ended_at - recording.started_at).total_seconds() == 49.5


def test_a_recording_without_an_id_is_known_by_its_event() -> None:
    assert told(**{**SAVED, "recording_id": None}).told_as == "e1"


@pytest.mark.parametrize("urls", [None, {}, [], "https://r.example.test/1.mp3", {"mp3": None}, {"ogg": "x"}])
def test_a_recording_without_a_link_that_could_be_fetched_has_failed(urls: Any) -> None:
    recording = told(**{**SAVED, "recording_urls": urls})

    assert recording.state == "failed" and recording.error is not None and recording.error["code"] == "no_link"


def test_a_link_that_does_not_expire_will_do() -> None:
    recording = told(public_recording_urls={"wav": "https://r.example.test/1.wav"})

    assert (recording.state, recording.format) == ("pending", "wav")


def test_a_recording_the_carrier_could_not_store_has_failed_with_its_reason() -> None:
    recording = told(error="Internal server error")

    assert recording.error == {"code": "no_file", "detail": "the carrier could not store it: Internal server error"}


@pytest.mark.parametrize("moment", [None, "yesterday", 1772463849, ""])
def test_a_time_nobody_can_read_is_no_time(moment: Any) -> None:
    assert told(**{**SAVED, "recording_started_at": moment}).started_at is None


def test_a_recording_kept_by_an_older_engine_was_told_when_it_ended() -> None:
    call = LiveCall(call_id="call_1", recordings=({"event_id": "e1", "leg": "A", **SAVED},))

    [recording] = reported_recordings(call)

    assert recording.told_at == recording.ended_at


def test_what_was_said_stands_in_the_order_in_which_it_was() -> None:
    late = line("call.transcription", 9, **said("and goodbye", confidence="0.5", transcription_track="outbound"))
    early = line("call.transcription", 1, **said(" hello ", confidence=0.977))

    first, second = transcript_of([late, early])

    assert (first.text, first.track, first.confidence) == ("hello", "inbound", 0.977)
    assert (second.text, second.track, second.confidence) == ("and goodbye", "outbound", 0.5)


@pytest.mark.parametrize("final", [False, "false"])
def test_what_is_not_final_will_be_said_again(final: Any) -> None:
    assert transcript_of([line("call.transcription", **said("hel", is_final=final))]) == []


def test_the_text_of_a_recording_names_it() -> None:
    [whole] = transcript_of(
        [line("call.recording.transcription.saved", transcription_text="Yes, please.", recording_id="rec-1")]
    )

    assert (whole.text, whole.track, whole.confidence, whole.recording_id) == ("Yes, please.", None, None, "rec-1")


@pytest.mark.parametrize(
    "payload",
    [{}, {"transcription_data": None}, {"transcription_data": "hello"}, said(None), said("  "), said(["seven"])],
)
def test_a_transcription_without_words_says_nothing(payload: dict[str, Any]) -> None:
    assert transcript_of([line("call.transcription", **payload), line("call.answered")]) == []


def test_a_confidence_nobody_can_read_is_none() -> None:
    [utterance] = transcript_of([line("call.transcription", **said("hello", confidence="high"))])

    assert utterance.confidence is None
