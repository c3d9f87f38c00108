"""The carrier's recordings: told anew with links made at that moment, and their files."""

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
    """Tell of a recording, with links that live from now on."""
    kept = world.recordings.find(request.match_info["recording_id"])
    if kept is None:
        raise not_found("The recording")
    return json_response(world, orjson.dumps({"data": _shape(world, kept)}))


async def get_recordings(world: World, request: web.Request) -> web.StreamResponse:
    """List recordings, oldest first, as the filters say."""
    wanted = {name: request.query.get(f"filter[{name}]") for name in _FILTERS}
    shapes = (_shape(world, kept) for kept in world.recordings.all())
    found = [shape for shape in shapes if all(value in (None, shape[name]) for name, value in wanted.items())]
    return paginated(world, request, found)


async def get_file(request: web.Request) -> web.Response:
    """Serve the file a link leads to until it expires."""
    world = request.app[WORLD]
    name, _, form = request.match_info["file"].rpartition(".")
    kept = world.recordings.find(name)
    if kept is None or form not in _TYPES:
        return _refuse(404, "no such recording")
    if not is_link_alive(world, request.query.get("expires", "")):
        return _refuse(403, "the link has expired")
    return web.Response(body=audio_file(form, kept.recording.seconds), content_type=_TYPES[form])


def _shape(world: World, kept: SavedRecording) -> dict[str, Any]:
    recording = kept.recording
    started, ended = iso(recording.started_at), iso(recording.ended_at or recording.started_at)
    return {
        "record_type": "recording",
        "id": recording.id,
        "call_control_id": kept.call_control_id,
        "call_leg_id": kept.call_leg_id,
        "call_session_id": kept.call_session_id,
        "connection_id": kept.connection_id,
        "from": kept.from_,
        "to": kept.to,
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
