"""How long raw sound lasts, by its codec: a payload of a bidirectional stream holds 20 ms to 30 s of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_MIN_S, _MAX_S = 0.02, 30.0
_G722_BYTES_A_SECOND = 8_000  # 64 kbit/s, whatever it samples
# Of a compressed codec the bytes do not tell how long they last: bounds are its slowest and its fastest rate, with the
# octet before each 20 ms of AMR-WB (RFC 4867) and of Opus (RFC 6716); what it plays is only estimated.
_COMPRESSED = {"AMR-WB": (18, 61, 33), "OPUS": (16, 1_276, 81)}
_FRAMES_A_SECOND = 50


@dataclass(frozen=True, slots=True)
class RawAudioFormat:
    """What was agreed on for a stream; `step` is the size of one sample, in bytes."""

    minimum: int
    maximum: int
    bytes_a_second: float
    step: int = 1

    def seconds(self, sound: bytes) -> float | None:
        """Return how long it plays; None for too little, too much, or half a sample."""
        fits = self.minimum <= len(sound) <= self.maximum and len(sound) % self.step == 0
        return len(sound) / self.bytes_a_second if fits else None


def negotiated_format(body: Mapping[str, Any]) -> RawAudioFormat:
    """Return what a stream's fields agree on: PCMU at 8,000 samples a second unless they say otherwise."""
    codec = body.get("stream_bidirectional_codec") or "PCMU"
    rate = body.get("stream_bidirectional_sampling_rate") or 8_000
    if codec in _COMPRESSED:
        minimum, maximum, usual = _COMPRESSED[codec]
        return RawAudioFormat(minimum, int(maximum * _FRAMES_A_SECOND * _MAX_S), usual * _FRAMES_A_SECOND)
    step = 2 if codec == "L16" else 1
    a_second = _G722_BYTES_A_SECOND if codec == "G722" else rate * step
    return RawAudioFormat(int(a_second * _MIN_S), int(a_second * _MAX_S), a_second, step)
