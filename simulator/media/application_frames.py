"""Frames from the application on a stream's websocket: media, mark, clear; and the errors they cause."""

from __future__ import annotations

import asyncio
import binascii
from base64 import b64decode
from collections.abc import Callable
from typing import Any

import orjson

from simulator.media.frames import FrameWriter
from simulator.media.raw_audio import RawAudioFormat

_MALFORMED, _INVALID_MEDIA, _TOO_FAST = 100003, 100004, 100005
_MIN_INTERVAL_S = 1.0  # real time: rate limits are never scaled
_MP3_BYTES_A_SECOND = 16_000  # at 128 kbit/s; the playing time is only an estimate


class ApplicationFrames:
    """Handles the application's frames and replies through `send`; plays nothing, but tracks the end of playback."""

    def __init__(
        self,
        writer: FrameWriter,
        send: Callable[[bytes], object],
        *,
        raw: RawAudioFormat | None,
        always_wrong: int | None = None,
    ) -> None:
        """Accept mp3, or the negotiated `raw` format; `always_wrong` is an error code for every payload."""
        self._writer = writer
        self._send = send
        self._raw = raw
        self._always_wrong = always_wrong
        self._loop = asyncio.get_running_loop()
        self._last_media_at = -_MIN_INTERVAL_S
        self._playback_ends_at = 0.0
        self._marks: dict[str, asyncio.TimerHandle] = {}
        self.played = 0

    def take(self, text: str | bytes) -> None:
        """Handle one frame; an invalid one gets an error frame."""
        code = self._handle(text)
        if code is not None:
            self._send(self._writer.error(code))

    def close(self) -> None:
        """Cancel the marks that are not echoed yet."""
        for handle in self._marks.values():
            handle.cancel()

    def _handle(self, text: str | bytes) -> int | None:
        try:
            frame = orjson.loads(text)
            event = frame["event"]
            if event == "media":
                return self._media(frame["media"]["payload"])
            if event == "mark":
                self._mark(str(frame["mark"]["name"]))
                return None
        except (ValueError, KeyError, TypeError):
            return _MALFORMED
        if event == "clear":
            self._clear()
            return None
        return _MALFORMED

    def _media(self, payload: Any) -> int | None:
        if self._always_wrong is not None:
            return self._always_wrong
        now = self._loop.time()
        if self._raw is None and now - self._last_media_at < _MIN_INTERVAL_S:
            return _TOO_FAST
        seconds = self._seconds(payload)
        if seconds is None:
            return _INVALID_MEDIA
        self._last_media_at = now
        self._playback_ends_at = max(now, self._playback_ends_at) + seconds
        self.played += 1
        return None

    def _seconds(self, payload: Any) -> float | None:
        """Return the playing time; None for media that is not in the negotiated format."""
        try:
            audio = b64decode(payload, validate=True)
        except (binascii.Error, ValueError, TypeError):
            return None
        if self._raw is not None:
            return self._raw.seconds(audio)
        is_mp3 = audio[:3] == b"ID3" or (len(audio) > 3 and audio[0] == 0xFF and audio[1] & 0xE6 == 0xE2)
        return len(audio) / _MP3_BYTES_A_SECOND if is_mp3 else None

    def _mark(self, name: str) -> None:
        known = self._marks.pop(name, None)
        if known is not None:
            known.cancel()
        self._marks[name] = self._loop.call_at(self._playback_ends_at, self._echo, name)

    def _echo(self, name: str) -> None:
        self._marks.pop(name).cancel()
        self._send(self._writer.mark(name))

    def _clear(self) -> None:
        """Drop the queued media; its marks are echoed at once (assumed, as with other carriers)."""
        self._playback_ends_at = 0.0
        for name in tuple(self._marks):
            self._echo(name)
