"""Audio files of any length, as recordings serve them: a tone as WAV, silence as MP3."""

from __future__ import annotations

import math
import struct
from functools import cache

_RATE = 8_000


def audio_file(audio_format: str, seconds: float) -> bytes:
    """Return a file that players accept: a 440 Hz tone as WAV, or silence as MP3 in whole frames."""
    return _tone(seconds) if audio_format == "wav" else _silent_mp3(seconds)


def _tone(seconds: float) -> bytes:
    sound = (_one_second() * max(1, math.ceil(seconds)))[: max(1, round(_RATE * seconds))]
    sound += b"\x80" * (len(sound) % 2)
    audio_format = struct.pack("<8sIHHIIHH", b"WAVEfmt ", 16, 1, 1, _RATE, _RATE, 1, 8)
    return (
        struct.pack("<4sI", b"RIFF", 36 + len(sound)) + audio_format + struct.pack("<4sI", b"data", len(sound)) + sound
    )


@cache
def _one_second() -> bytes:
    return bytes(128 + round(60 * math.sin(2 * math.pi * 440 * n / _RATE)) for n in range(_RATE))


def _silent_mp3(seconds: float) -> bytes:
    frame = bytes.fromhex("fff318c4") + bytes(32)  # MPEG-2 layer III, 8 kbit/s, 16 kHz, mono: 36 bytes, 36 ms
    return frame * max(1, math.ceil(seconds / 0.036))
