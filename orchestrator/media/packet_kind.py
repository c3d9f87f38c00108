"""Tells by its first two bits what a datagram on the media port is."""

from __future__ import annotations

from enum import IntEnum


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
