"""What an application says on a stream's websocket: sounds, marks, clear; and what the carrier complains about."""

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
_EVERY_S = 1.0  # real: a limit on requests is never scaled
_MP3_BYTES_A_SECOND = 16_000  # of 128 kbit/s; how long a payload plays is only estimated


class ApplicationFrames:
    """Takes an application's frames and answers through `send`; plays nothing, but knows how long it would last."""

    def __init__(
        self,
        writer: FrameWriter,
        send: Callable[[bytes], None],
        *,
        raw: RawAudioFormat | None,
        always_wrong: int | None = None,
    ) -> None:
        """Take mp3 unless `raw` sound was agreed on; a code in `always_wrong` answers every payload."""
        self._writer = writer
        self._send = send
        self._raw = raw
        self._always_wrong = always_wrong
        self._loop = asyncio.get_running_loop()
        self._heard_at = -_EVERY_S
        self._quiet_at = 0.0
        self._marks: dict[str, asyncio.TimerHandle] = {}
        self.played = 0

    def take(self, text: str | bytes) -> None:
        """Act on one frame; what is wrong with it is answered with an error frame."""
        code = self._judge(text)
        if code is not None:
            self._send(self._writer.error(code))

    def close(self) -> None:
        """Echo nothing any more."""
        for handle in self._marks.values():
            handle.cancel()

    def _judge(self, text: str | bytes) -> int | None:
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
        if self._raw is None and now - self._heard_at < _EVERY_S:
            return _TOO_FAST
        seconds = self._seconds(payload)
        if seconds is None:
            return _INVALID_MEDIA
        self._heard_at = now
        self._quiet_at = max(now, self._quiet_at) + seconds
        self.played += 1
        return None

    def _seconds(self, payload: Any) -> float | None:
        """Return how long it plays; None for what is not media of the kind agreed on."""
        try:
            sound = b64decode(payload, validate=True)
        except (binascii.Error, ValueError, TypeError):
            return None
        if self._raw is not None:
            return self._raw.seconds(sound)
        is_mp3 = sound[:3] == b"ID3" or (len(sound) > 3 and sound[0] == 0xFF and sound[1] & 0xE6 == 0xE2)
        return len(sound) / _MP3_BYTES_A_SECOND if is_mp3 else None

    def _mark(self, name: str) -> None:
        known = self._marks.pop(name, None)
        if known is not None:
            known.cancel()
        self._marks[name] = self._loop.call_at(self._quiet_at, self._echo, name)

    def _echo(self, name: str) -> None:
        self._marks.pop(name).cancel()
        self._send(self._writer.mark(name))

    def _clear(self) -> None:
        """Throw away what waits; its marks come back at once [assumed, as elsewhere in the trade]."""
        self._quiet_at = 0.0
        for name in tuple(self._marks):
            self._echo(name)
