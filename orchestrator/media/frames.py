"""The JSON frames of a stream's websocket, in the older and the current form."""

from __future__ import annotations

from binascii import a2b_base64
from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple

import orjson
from pydantic import AliasChoices, AliasPath, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from orchestrator.media.rtp import MalformedMedia

_Text = Annotated[str | None, BeforeValidator(lambda value: None if value is None else str(value))]
_CODECS = {"audio/x-mulaw": "PCMU", "audio/x-alaw": "PCMA"}
_TRACKS = {"inbound": "inbound", "outbound": "outbound", "inbound_track": "inbound", "outbound_track": "outbound"}


class Media(NamedTuple):
    """An audio chunk, raw and without header. `track` is inbound or outbound; `chunk` is its number."""

    track: str
    chunk: int
    payload: bytes


class _Frame(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


class Connected(_Frame):
    """The first frame of a websocket."""

    version: _Text = None


class Start(_Frame):
    """The format of the stream; `encoding` is verbatim: `audio/x-mulaw` in the older form, `PCMU` today."""

    stream_id: _Text = None
    call_control_id: _Text = Field(default=None, validation_alias=AliasPath("start", "call_control_id"))
    encoding: str = Field(default="PCMU", validation_alias=AliasPath("start", "media_format", "encoding"))
    sample_rate: int = Field(
        default=8_000, ge=1_000, le=192_000, validation_alias=AliasPath("start", "media_format", "sample_rate")
    )
    channels: int = Field(default=1, ge=1, le=8, validation_alias=AliasPath("start", "media_format", "channels"))

    @property
    def codec(self) -> str:
        """Return the codec by its name in RTP."""
        return _CODECS.get(self.encoding.lower(), self.encoding.upper())


class Stop(_Frame):
    """The last frame: nothing follows."""

    stream_id: _Text = None


class Dtmf(_Frame):
    """A DTMF digit."""

    digit: _Text = Field(default=None, validation_alias=AliasPath("dtmf", "digit"))


class Mark(_Frame):
    """The echo of a mark that was sent: the audio before it has been played."""

    name: _Text = Field(default=None, validation_alias=AliasPath("mark", "name"))


class Clear(_Frame):
    """Queued audio is discarded."""


class ErrorFrame(_Frame):
    """The carrier rejected a frame; the details are under `error`, or under `payload` in the current form."""

    code: _Text = Field(
        default=None, validation_alias=AliasChoices(AliasPath("error", "code"), AliasPath("payload", "code"))
    )
    title: _Text = Field(
        default=None, validation_alias=AliasChoices(AliasPath("error", "title"), AliasPath("payload", "title"))
    )
    detail: _Text = Field(
        default=None, validation_alias=AliasChoices(AliasPath("error", "detail"), AliasPath("payload", "detail"))
    )

    @property
    def is_rate_limit(self) -> bool:
        """Return whether a payload was sent less than a second after the previous one."""
        return self.code == "100005"


class UnknownFrame(_Frame):
    """A frame of an unknown kind; it is ignored."""

    event: str


Frame = Media | Connected | Start | Stop | Dtmf | Mark | Clear | ErrorFrame | UnknownFrame

_MODELS: Mapping[str, type[_Frame]] = {
    "connected": Connected,
    "start": Start,
    "stop": Stop,
    "dtmf": Dtmf,
    "mark": Mark,
    "clear": Clear,
    "error": ErrorFrame,
}


def parse_frame(text: bytes | memoryview) -> Frame:
    """Read one frame; raise MalformedMedia for what is no JSON object with an `event`, or lacks what it needs."""
    try:
        frame = orjson.loads(text)
        event = frame["event"]
        if event == "media":
            body = frame["media"]
            # The document writes numbers as strings; some senders do not.
            return Media(_TRACKS[body["track"]], int(body["chunk"]), a2b_base64(body["payload"]))
    except orjson.JSONDecodeError as err:
        raise MalformedMedia("json") from err
    except (KeyError, TypeError, IndexError) as err:
        raise MalformedMedia("shape") from err
    except ValueError as err:  # also the error of base64
        raise MalformedMedia("payload") from err
    return _other(str(event), frame)


def _other(event: str, frame: Mapping[str, Any]) -> Frame:
    model = _MODELS.get(event)
    if model is None:
        return UnknownFrame(event=event[:40])
    try:
        return model.model_validate(frame)  # type: ignore[return-value]  # every model of the table is a Frame
    except ValidationError as err:
        raise MalformedMedia("shape") from err


def played_back(payload: str) -> bytes:
    """Return the frame that gives a base64 sound (mp3 unless agreed otherwise) to the people on the call."""
    return orjson.dumps({"event": "media", "media": {"payload": payload}})


def marked(name: str) -> bytes:
    """Return the frame that comes back when everything sent before it has been played."""
    return orjson.dumps({"event": "mark", "mark": {"name": name}})


def cleared() -> bytes:
    """Return the frame that throws away what waits to be played."""
    return orjson.dumps({"event": "clear"})
