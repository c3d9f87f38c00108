"""G.711: transcoding from mu-law to A-law by a table."""

from __future__ import annotations


def _sample(mulaw: int) -> int:
    code = ~mulaw & 0xFF
    magnitude = (((code & 0x0F) << 3) + 0x84 << (code >> 4 & 0x07)) - 0x84
    return -magnitude if code & 0x80 else magnitude


def _alaw(sample: int) -> int:
    magnitude = ~sample if sample < 0 else sample
    exponent = max(0, magnitude.bit_length() - 8)
    mantissa = magnitude >> (exponent + 3 if exponent else 4) & 0x0F
    return (exponent << 4 | mantissa) ^ (0x55 if sample < 0 else 0xD5)


_TABLE = bytes(_alaw(_sample(code)) for code in range(256))


def to_alaw(mulaw: bytes) -> bytes:
    """Return mu-law audio as A-law, byte for byte."""
    return mulaw.translate(_TABLE)
