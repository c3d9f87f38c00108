"""Reads of recordings, with new links each time, and their files."""

from __future__ import annotations

from typing import Any

import orjson
from aiohttp import web

from simulator.call.recording import is_link_alive, link_to
from simulator.clock import iso
from simulator.http.pagination import paginated
from simulator.http.request_handling import WORLD, json_response
from simulator.media.audio_files import audio_file
from simulator.schema.errors import not_found
from simulator.state.recordings import SavedRecording
from simulator.world import World

_TYPES = {"wav": "audio/wav", "mp3": "audio/mpeg"}
_FILTERS = ("call_leg_id", "call_session_id", "connection_id", "from", "to")


async def get_recording(world: World, request: web.Request) -> web.StreamResponse:
    """Return a recording with a new link."""
    saved = world.recordings.find(request.match_info["recording_id"])
    if saved is None:
        raise not_found("The recording")
    return json_response(world, orjson.dumps({"data": _recording(world, saved)}))


async def get_recordings(world: World, request: web.Request) -> web.StreamResponse:
    """List recordings that pass the filters, oldest first."""
    wanted = {name: request.query.get(f"filter[{name}]") for name in _FILTERS}
    rows = (_recording(world, saved) for saved in world.recordings.all())
    found = [row for row in rows if all(value in (None, row[name]) for name, value in wanted.items())]
    return paginated(world, request, found)


async def get_file(request: web.Request) -> web.Response:
    """Serve the file of a link until the link expires."""
    world = request.app[WORLD]
    name, _, audio_format = request.match_info["file"].rpartition(".")
    saved = world.recordings.find(name)
    if saved is None or audio_format not in _TYPES:
        return _refuse(404, "no such recording")
    if not is_link_alive(world, request.query.get("expires", "")):
        return _refuse(403, "the link has expired")
    return web.Response(body=audio_file(audio_format, saved.recording.seconds), content_type=_TYPES[audio_format])


def _recording(world: World, saved: SavedRecording) -> dict[str, Any]:
    recording = saved.recording
    started, ended = iso(recording.started_at), iso(recording.ended_at or recording.started_at)
    return {
        "record_type": "recording",
        "id": recording.id,
        "call_control_id": saved.call_control_id,
        "call_leg_id": saved.call_leg_id,
        "call_session_id": saved.call_session_id,
        "connection_id": saved.connection_id,
        "from": saved.from_,
        "to": saved.to,
        "channels": recording.channels,
        "source": "call",
        "status": "completed",
        "initiated_by": "StartCallRecordingAPI",
        "recording_started_at": started,
        "recording_ended_at": ended,
        "created_at": ended,
        "updated_at": ended,
        "duration_millis": round(1000 * recording.seconds),
        "download_urls": {recording.format: link_to(world, recording)},
    }


def _refuse(status: int, why: str) -> web.Response:
    return web.Response(body=orjson.dumps({"error": why}), status=status, content_type="application/json")
