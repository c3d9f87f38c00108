"""Frames from the carrier on a stream's websocket, in today's form or the older one.

Numbers are strings, except the code of an error in today's form. The older form names codecs by MIME type, has the
fields of an error under `error`, and fewer fields in `start`.
"""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import orjson

from simulator.media.speech_samples import FRAME_MS

_TITLES = {
    100002: ("unknown_error", "Something went wrong."),
    100003: ("malformed_frame", "The frame is no JSON of a known kind."),
    100004: ("invalid_media", "The payload is no media of the agreed kind."),
    100005: ("rate_limit_reached", "Send at most one payload a second."),
}


_MIME_TYPES = {"PCMU": "audio/x-mulaw", "PCMA": "audio/x-alaw"}
_OLD_START_FIELDS = ("user_id", "call_control_id", "client_state")


class FrameWriter:
    """Writes the frames of one stream; sequence numbers start at 1, and so do the chunks of each track."""

    def __init__(self, stream_id: str, *, is_older: bool = False) -> None:
        self._stream_id = stream_id
        self._is_older = is_older
        self._sequence = 0
        self._chunks: dict[str, int] = {}

    def connected(self) -> bytes:
        """Return the `connected` frame, the first of all."""
        return orjson.dumps({"event": "connected", "version": "1.0.0"})

    def start(self, facts: dict[str, Any], *, codec: str) -> bytes:
        """Return the `start` frame, with the codec that is actually sent."""
        encoding = _MIME_TYPES[codec] if self._is_older else codec
        fields = {name: facts[name] for name in _OLD_START_FIELDS} if self._is_older else facts
        media_format = {"encoding": encoding, "sample_rate": 8000, "channels": 1}
        return self._frame("start", start={**fields, "media_format": media_format})

    def media(self, track: str, payload: bytes) -> bytes:
        """Return the next `media` frame of a track: raw audio without RTP header."""
        chunk = self._chunks[track] = self._chunks.get(track, 0) + 1
        body = {
            "track": track,
            "chunk": str(chunk),
            "timestamp": str((chunk - 1) * FRAME_MS),
            "payload": b64encode(payload).decode(),
        }
        return self._frame("media", media=body)

    def dtmf(self, digit: str, *, occurred_at: str) -> bytes:
        """Return the frame for a pressed key."""
        return self._frame("dtmf", occurred_at=occurred_at, dtmf={"digit": digit})

    def mark(self, name: str) -> bytes:
        """Return the echo of a mark, sent once all media before it has been played."""
        return self._frame("mark", mark={"name": name})

    def error(self, code: int) -> bytes:
        """Return the error frame for this code."""
        title, detail = _TITLES[code]
        if self._is_older:
            return self._frame("error", error={"code": str(code), "title": title, "detail": detail})
        return self._frame("error", payload={"code": code, "title": title, "detail": detail})

    def stop(self, facts: dict[str, Any]) -> bytes:
        """Return the `stop` frame, the last one."""
        return self._frame("stop", stop=facts)

    def _frame(self, event: str, **body: Any) -> bytes:
        self._sequence += 1
        return orjson.dumps(
            {"event": event, "sequence_number": str(self._sequence), "stream_id": self._stream_id, **body}
        )
