"""Datagrams on the media port: their kind, and RTP packets (RFC 3550) down to the payload."""

from __future__ import annotations

import struct
from enum import IntEnum
from typing import NamedTuple

from orchestrator.errors import OrchestratorError

FIXED_BYTES = 12
_FIXED = struct.Struct("!BBHII")
_EXTENSION = struct.Struct("!HH")
_VERSION_2 = 0b10
_REPORTS = range(192, 224)  # RFC 5761, 4: the second byte of RTCP that shares the port
_PLAIN = 0b1000_0000  # version 2; no padding, extension or contributing sources

CODECS = {0: "PCMU", 8: "PCMA"}
_COMFORT_NOISE = (13, 19)  # RFC 3389, and its predecessor
_FIRST_DYNAMIC = 96
_KEY_BYTES = 4  # RFC 4733: size of a telephone-event, whose dynamic type is not known here


class MalformedMedia(OrchestratorError):
    """Raised when a packet or frame cannot be read; it is counted and dropped, and nothing else changes.

    `reason` is one word for a counter: truncated, version, length, padding, rtcp, json, shape, payload.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(f"malformed media: {reason}")
        self.reason = reason


class PacketKind(IntEnum):
    """What a datagram is, by its two top bits."""

    T38 = 0b00
    SIP = 0b01
    RTP = 0b10
    STREP = 0b11


_BY_FIRST_BYTE = tuple(PacketKind(byte >> 6) for byte in range(256))


def kind_of(datagram: bytes) -> PacketKind | None:
    """Return what the datagram is; None for an empty one."""
    return _BY_FIRST_BYTE[datagram[0]] if datagram else None


class Rtp(NamedTuple):
    """One packet; `sequence` wraps at 65,536, `timestamp` counts samples."""

    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes


def parse_rtp(datagram: bytes, at: int = 0) -> Rtp:
    """Read the packet that begins at byte `at`; raise MalformedMedia for another version, RTCP or what is cut off."""
    if len(datagram) < at + FIXED_BYTES:
        raise MalformedMedia("truncated")
    first, second, sequence, timestamp, ssrc = _FIXED.unpack_from(datagram, at)
    if second in _REPORTS:
        raise MalformedMedia("rtcp")
    if first == _PLAIN:
        # `_make` takes half as long as the constructor, and this is done for every packet.
        return Rtp._make((second & 0x7F, sequence, timestamp, ssrc, datagram[at + FIXED_BYTES :]))
    if first >> 6 != _VERSION_2:
        raise MalformedMedia("version")
    start = _payload_start(datagram, at, first)
    return Rtp(second & 0x7F, sequence, timestamp, ssrc, datagram[start : _payload_end(datagram, start, first)])


def carries_audio(rtp: Rtp) -> bool:
    """Return whether a packet carries audio: not DTMF (telephone-event), comfort noise, or empty."""
    is_key = rtp.payload_type >= _FIRST_DYNAMIC and len(rtp.payload) <= _KEY_BYTES
    return bool(rtp.payload) and rtp.payload_type not in _COMFORT_NOISE and not is_key


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
