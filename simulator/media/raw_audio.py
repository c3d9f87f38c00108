"""Playing time of raw audio by codec: a payload of a bidirectional stream has 20 ms to 30 s."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_MIN_S, _MAX_S = 0.02, 30.0
_G722_BYTES_A_SECOND = 8_000  # 64 kbit/s at any sampling rate
# The size of compressed audio does not give its playing time. The bounds follow from the lowest and highest bit rate,
# with one octet before each 20 ms of AMR-WB (RFC 4867) and Opus (RFC 6716); the playing time is an estimate.
_COMPRESSED = {"AMR-WB": (18, 61, 33), "OPUS": (16, 1_276, 81)}
_FRAMES_A_SECOND = 50


@dataclass(frozen=True, slots=True)
class RawAudioFormat:
    """The negotiated format of a stream; sizes in bytes, `step` is the size of one sample."""

    minimum: int
    maximum: int
    bytes_a_second: float
    step: int = 1

    def seconds(self, sound: bytes) -> float | None:
        """Return the playing time; None when it is too short, too long or ends in half a sample."""
        fits = self.minimum <= len(sound) <= self.maximum and len(sound) % self.step == 0
        return len(sound) / self.bytes_a_second if fits else None


def negotiated_format(body: Mapping[str, Any]) -> RawAudioFormat:
    """Return the format that a stream's fields request: PCMU at 8,000 samples per second by default."""
    codec = body.get("stream_bidirectional_codec") or "PCMU"
    rate = body.get("stream_bidirectional_sampling_rate") or 8_000
    if codec in _COMPRESSED:
        minimum, maximum, usual = _COMPRESSED[codec]
        return RawAudioFormat(minimum, int(maximum * _FRAMES_A_SECOND * _MAX_S), usual * _FRAMES_A_SECOND)
    step = 2 if codec == "L16" else 1
    a_second = _G722_BYTES_A_SECOND if codec == "G722" else rate * step
    return RawAudioFormat(int(a_second * _MIN_S), int(a_second * _MAX_S), a_second, step)
