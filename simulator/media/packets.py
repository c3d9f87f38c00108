"""RTP packets, and the STREP header of a fork with one `target` for both directions."""

from __future__ import annotations

import struct
from uuid import UUID

from simulator.ids import fresh_uuid
from simulator.media.speech_samples import FRAME_SAMPLES

_RTP = struct.Struct("!BBHII")
_VERSION_2, _PCMU = 0x80, 0


class RtpSource:
    """The packets of one direction: sequence numbers and timestamps start anywhere and wrap around."""

    def __init__(self, *, header: bytes = b"") -> None:
        start = UUID(fresh_uuid())
        self._header = header
        self._ssrc = start.int & 0xFFFF_FFFF
        self._sequence = start.int >> 96
        self._timestamp = start.int >> 90

    def packet(self, payload: bytes) -> bytes:
        """Return the next packet."""
        self._sequence = (self._sequence + 1) & 0xFFFF
        self._timestamp = (self._timestamp + FRAME_SAMPLES) & 0xFFFF_FFFF
        rtp = _RTP.pack(_VERSION_2, _PCMU, self._sequence, self._timestamp, self._ssrc)
        return self._header + rtp + payload


def strep_header(call_leg_id: str, *, is_b_leg: bool, is_sent: bool) -> bytes:
    """Return the 24 bytes: magic 11, version 0001, L, D; length; reserved; the leg's UUID in network byte order."""
    first = 0b11_0001_00 | is_b_leg << 1 | is_sent
    return bytes((first, 24, 0, 0, 0, 0, 0, 0)) + UUID(call_leg_id).bytes
