"""RTP packets (RFC 3550), read down to their payload."""

from __future__ import annotations

import struct
from typing import NamedTuple

from orchestrator.media.malformed import MalformedMedia

FIXED_BYTES = 12
_FIXED = struct.Struct("!BBHII")
_EXTENSION = struct.Struct("!HH")
_VERSION_2 = 0b10
_PLAIN = 0b1000_0000  # version 2; no padding, extension or contributing sources

CODECS = {0: "PCMU", 8: "PCMA"}


class Rtp(NamedTuple):
    """One packet; `sequence` wraps at 65,536, `timestamp` counts samples."""

    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes


def parse_rtp(datagram: bytes, at: int = 0) -> Rtp:
    """Read the packet that begins at byte `at`; raise MalformedMedia for another version or one that is cut off."""
    if len(datagram) < at + FIXED_BYTES:
        raise MalformedMedia("truncated")
    first, second, sequence, timestamp, ssrc = _FIXED.unpack_from(datagram, at)
    if first == _PLAIN:
        return Rtp(second & 0x7F, sequence, timestamp, ssrc, datagram[at + FIXED_BYTES :])
    if first >> 6 != _VERSION_2:
        raise MalformedMedia("version")
    start = _payload_start(datagram, at, first)
    return Rtp(second & 0x7F, sequence, timestamp, ssrc, datagram[start : _payload_end(datagram, start, first)])


def _payload_start(datagram: bytes, at: int, first: int) -> int:
    start = at + FIXED_BYTES + 4 * (first & 0b1111)
    if first & 0b0001_0000:
        if len(datagram) < start + _EXTENSION.size:
            raise MalformedMedia("truncated")
        start += _EXTENSION.size + 4 * int(_EXTENSION.unpack_from(datagram, start)[1])
    if len(datagram) < start:
        raise MalformedMedia("truncated")
    return start


def _payload_end(datagram: bytes, start: int, first: int) -> int:
    if not first & 0b0010_0000:
        return len(datagram)
    padding = datagram[-1]
    if padding == 0 or padding > len(datagram) - start:
        raise MalformedMedia("padding")
    return len(datagram) - padding
