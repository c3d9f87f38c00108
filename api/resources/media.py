"""The audio of calls: where to stream it, what was captured, and audio to play into a call."""

from __future__ import annotations

import binascii
from base64 import b64decode
from typing import Annotated, Literal

from flask import Response, send_file
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from api.http.responses import answer
from api.http.routes import Body, Resource
from orchestrator.media.capture_files import Capture
from orchestrator.operations.calls.find_media import find_media, open_capture
from orchestrator.operations.calls.play_audio import play_sound
from orchestrator.policy.timestamps import Moment
from orchestrator.services import Services
from orchestrator.telnyx.commands.values import BASE64

resource = Resource("media")

WAV, RAW = "audio/wav", "application/octet-stream"
_MOST_SOUND_BYTES = 1_048_576


def _base64(text: str) -> str:
    try:
        b64decode(text, validate=True)
    except (binascii.Error, ValueError) as err:
        raise ValueError("must be base64") from err
    return text


class CaptureView(BaseModel):
    """A captured track. `content` is where its file is; `loss` is the share of the audio that was lost, 0 to 1.

    `is_complete` is false while it is being captured, and stays so if the receiver died meanwhile. G.711 becomes WAV;
    other codecs are stored as received, and their `seconds` are unknown. `soundless` packets of a fork carried DTMF,
    comfort noise or another codec: silence in the file.
    """

    file: str
    content: str
    source: Literal["stream", "fork"]
    track: str
    codec: str
    sample_rate: int
    channels: int
    started_at: Moment
    ended_at: Moment | None
    is_complete: bool
    is_cut: bool
    seconds: float | None
    bytes: int
    loss: float
    received: int
    lost: int
    late: int
    repeated: int
    soundless: int


class MediaView(BaseModel):
    """The captured tracks of a call, oldest first; `stream_url` is for `streaming_start` on this call alone."""

    stream_url: str | None
    data: list[CaptureView]


class Sound(BaseModel):
    """Audio to play into a call: base64 of an MP3, unless the stream was started for raw audio."""

    model_config = ConfigDict(extra="forbid")

    payload: Annotated[str, Field(min_length=4, json_schema_extra={"pattern": BASE64}), AfterValidator(_base64)]


class SoundTaken(BaseModel):
    """Audio that waits for its turn."""

    status: Literal["queued"] = "queued"


def _view(call_id: str, capture: Capture) -> CaptureView:
    content = f"/v1/calls/{call_id}/media/{capture.file}"
    return CaptureView.model_validate({**capture.model_dump(), "content": content})


@resource.route("GET", "/v1/calls/{call_id}/media", gives={200: MediaView}, fails=(404,))
def index(services: Services, call_id: str) -> MediaView:
    """List the audio that was captured of a call.

    `stream_url` is null unless ORCHESTRATOR_MEDIA_URL says where the carrier reaches `orchestrator media`.
    """
    found = find_media(call_id, sql=services.sql, data_dir=services.settings.data_dir, streams=services.streams)
    return MediaView(stream_url=found.stream_url, data=[_view(call_id, capture) for capture in found.captures])


@resource.route(
    "GET", "/v1/calls/{call_id}/media/{file}", gives={200: (WAV, RAW), 206: (WAV, RAW), 304: None}, fails=(404, 416)
)
def show(services: Services, call_id: str, file: str) -> Response:
    """Fetch a captured track; parts of it with `Range`, nothing with `If-None-Match` and the `ETag` it still has."""
    path = open_capture(call_id, file, data_dir=services.settings.data_dir)
    media = WAV if path.suffix == ".wav" else RAW
    return send_file(path, mimetype=media, as_attachment=True, download_name=f"{call_id}-{file}", conditional=True)


@resource.route(
    "POST",
    "/v1/calls/{call_id}/media/play",
    body=Body(model=Sound, max_bytes=_MOST_SOUND_BYTES),
    gives={202: SoundTaken},
    fails=(404, 409, 422, 429),
)
def play(services: Services, call_id: str, body: Sound) -> Response:
    """Play audio into the call's open stream.

    Requests are played in order, one a second, as the carrier allows; thirty may wait. Each is played at most once.
    """
    play_sound(call_id, body.payload, sql=services.sql, client=services.redis, keys=services.keys)
    return answer(SoundTaken(), 202)
