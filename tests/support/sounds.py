"""Files of sound for tests, of a length in seconds."""

from __future__ import annotations

import struct

_FRAME_S = 0.024  # MPEG-2 layer III, 24 kHz: 576 samples
_FRAME = bytes.fromhex("fff324c4") + bytes(44)  # 16 kbit/s, mono: 48 bytes


def mp3(seconds: float) -> bytes:
    """Return whole frames, as the carrier sends them."""
    return _FRAME * round(seconds / _FRAME_S)


def wav(
    seconds: float, *, channels: int = 1, rate: int = 8000, bits: int = 16, said: int | None = None, codec: int = 1
) -> bytes:
    """Return a WAVE file; `said` is what its head says the sound's length in bytes is, where that is not the truth."""
    per_s = channels * rate * bits // 8
    sound = bytes(round(seconds * per_s))
    length = len(sound) if said is None else said
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, codec, channels, rate, per_s, channels * bits // 8, bits)
    data = struct.pack("<4sI", b"data", length) + sound
    return b"RIFF" + struct.pack("<I", (4 + len(form) + 8 + length) & 0xFFFFFFFF) + b"WAVE" + form + data
