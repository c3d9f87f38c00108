"""What people sound like here: syllables of a hummed sentence, as mu-law pieces of 20 ms."""

from __future__ import annotations

import math
from functools import cache

PIECE_MS = 20
SAMPLES = 160  # of a piece, at 8,000 a second
_RATE = 8_000
_SENTENCE_S = 2
_PITCHES_HZ = {"inbound": 210.0, "outbound": 140.0}  # the callee, and who speaks to him


@cache
def sentence(track: str) -> tuple[bytes, ...]:
    """Return two seconds of a voice, a piece for every 20 ms; it is said again and again."""
    pitch = _PITCHES_HZ[track]
    sound = bytes(to_mulaw(_sample(pitch, n / _RATE)) for n in range(_RATE * _SENTENCE_S))
    return tuple(sound[at : at + SAMPLES] for at in range(0, len(sound), SAMPLES))


def _sample(pitch: float, at_s: float) -> int:
    syllable = max(0.0, math.sin(2 * math.pi * 4 * at_s))  # four syllables a second
    tone = sum(math.sin(2 * math.pi * pitch * overtone * at_s) / overtone for overtone in (1, 2, 3))
    return round(8_000 * syllable * tone)


def to_mulaw(sample: int) -> int:
    """Return a 16-bit sample as G.711 mu-law."""
    sign = 0x80 if sample < 0 else 0
    magnitude = min(abs(sample), 32_635) + 132
    exponent = magnitude.bit_length() - 8
    return ~(sign | exponent << 4 | (magnitude >> (exponent + 3)) & 0x0F) & 0xFF
