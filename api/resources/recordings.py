"""Recordings, and their files."""

from __future__ import annotations

from typing import Any, Literal

from flask import Response, request
from pydantic import BaseModel, ConfigDict, Field

from api.http.byte_ranges import part_asked, part_headers
from api.http.pagination import Page, PageQuery, cut_page
from api.http.routes import Resource
from orchestrator.operations.recordings.find_recordings import WITH_FILE, find_fetched, find_recording
from orchestrator.operations.recordings.refetch_recording import refetch_recording
from orchestrator.policy.id_fields import CallId, CampaignId
from orchestrator.policy.timestamps import Moment
from orchestrator.services import Services
from orchestrator.store.sql.recordings import list_recordings

resource = Resource("recordings")

AUDIO = ("audio/mpeg", "audio/wav")

RecordingStatus = Literal["pending", "fetched", "incomplete", "stored_elsewhere", "failed"]


class RecordingError(BaseModel):
    """Why there is no complete file, or why the last try failed while it is pending."""

    code: str
    detail: str


class RecordingView(BaseModel):
    """A recording. `recording_urls` are the carrier's and valid for ten minutes; `content` is the URL of its file here.

    `incomplete`: shorter than announced, and stored; `stored_elsewhere`: the links point to your own bucket.
    `leg` is A for the call's own leg. `duration_s` is the time from its start to its end. Who was called, and for which
    campaign, is what the call says.
    """

    model_config = ConfigDict(validate_by_alias=True, serialize_by_alias=True)

    id: str
    call_id: str
    campaign_id: str | None
    contact_id: str | None
    direction: Literal["outbound", "inbound"]
    to: str
    from_: str = Field(alias="from")
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
            "campaign_id": row.shown_campaign_id,
            "to": row.to_number,
            "from": row.from_number,
            "status": row.state,
            "recording_started_at": since,
            "recording_ended_at": until,
            "duration_s": round(max(0.0, (until - since).total_seconds()), 3) if since and until else None,
            "recording_urls": row.urls,
            "public_recording_urls": row.public_urls,
            "content": f"/v1/recordings/{row.id}/content" if row.state in WITH_FILE else None,
        }
    )


class RecordingQuery(PageQuery):
    """Which recordings to list."""

    ids = "rec_"

    call_id: CallId | None = None
    campaign_id: CampaignId | None = None
    status: RecordingStatus | None = None


@resource.route("GET", "/v1/recordings", query=RecordingQuery, gives={200: Page[RecordingView]}, fails=(422,))
def index(services: Services, query: RecordingQuery) -> Page[RecordingView]:
    """List recordings, newest first."""
    with services.sql.connect() as tx:
        rows = list_recordings(tx, query.filters(), after=query.after, limit=query.limit)
    return cut_page(rows, query, shape=recording_view)


@resource.route("GET", "/v1/recordings/{recording_id}", gives={200: RecordingView}, fails=(404,))
def show(services: Services, recording_id: str) -> RecordingView:
    """Show a recording and its status."""
    return recording_view(find_recording(recording_id, sql=services.sql))


@resource.route("POST", "/v1/recordings/{recording_id}/fetch", gives={200: RecordingView}, fails=(404, 409))
def fetch(services: Services, recording_id: str) -> RecordingView:
    """Fetch a recording that is `failed` or `incomplete` once more, with a new link from the carrier.

    It becomes `pending`; 409 for any other status. The stored part stays until a longer one arrives.
    """
    return recording_view(refetch_recording(recording_id, sql=services.sql))


@resource.route(
    "GET",
    "/v1/recordings/{recording_id}/content",
    gives={200: AUDIO, 206: AUDIO},
    fails=(404, 409, 410, 416),
)
def content(services: Services, recording_id: str) -> Response:
    """Download the file of a recording; a part of it with `Range`.

    409 while it is still being fetched; 410 when there is no file of it here, and the `code` says why. The `ETag` is
    the file's SHA-256, for `If-Range`. Several ranges at once are answered with the whole file.
    """
    return file_answer(services, find_fetched(recording_id, sql=services.sql), is_played=False)


def file_answer(services: Services, row: Any, *, is_played: bool) -> Response:
    """Return the file of a recording, or the part that is asked for; to be kept, or played by a browser."""
    etag = f'"{row.sha256}"'
    part = part_asked(request, size=row.size_bytes, etag=etag)
    pieces = services.recordings.read(row.place, part)
    headers = {
        "Content-Disposition": f'{"inline" if is_played else "attachment"}; filename="{row.id}.{row.format}"',
        "Cache-Control": "private, no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "ETag": etag,
        **part_headers(part, size=row.size_bytes),
    }
    if is_played:  # a browser that opens the link alone makes a page of the player
        headers["Content-Security-Policy"] = "default-src 'none'; media-src 'self'; frame-ancestors 'none'"
    return Response(pieces, status=206 if part else 200, content_type=_TYPES[row.format], headers=headers)


_TYPES = {"mp3": "audio/mpeg", "wav": "audio/wav"}
