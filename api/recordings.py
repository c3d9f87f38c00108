"""Recordings: what was recorded, whether its file is here, and the file."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel

from orchestrator.policy.moments import Moment

RecordingStatus = Literal["pending", "fetched", "failed"]


class RecordingError(BaseModel):
    """Why there is no file, or what hindered the last try while it is pending."""

    code: str
    detail: str


class RecordingView(BaseModel):
    """A recording. `recording_urls` are the carrier's own and live for ten minutes; `content` is where its file is.

    `leg` is A for the call's own leg. `duration_s` is the time between its beginning and its end.
    """

    id: str
    call_id: str
    recording_id: str | None
    event_id: str
    leg: str
    status: RecordingStatus
    channels: str | None
    format: str | None
    recording_started_at: Moment | None
    recording_ended_at: Moment | None
    duration_s: float | None
    recording_urls: dict[str, str]
    public_recording_urls: dict[str, str]
    tries: int
    size_bytes: int | None
    sha256: str | None
    error: RecordingError | None
    content: str | None
    told_at: Moment
    fetched_at: Moment | None


def recording_view(row: Any) -> RecordingView:
    """Return a recording's row as clients see it."""
    since, until = row.started_at, row.ended_at
    return RecordingView.model_validate(
        {
            **row._mapping,
            "status": row.state,
            "recording_started_at": since,
            "recording_ended_at": until,
            "duration_s": round((until - since).total_seconds(), 3) if since and until else None,
            "recording_urls": row.urls,
            "public_recording_urls": row.public_urls,
            "content": f"/v1/recordings/{row.id}/content" if row.state == "fetched" else None,
        }
    )
