"""The STREP header between UDP and RTP, which identifies the leg of a forked packet."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from orchestrator.media.rtp import MalformedMedia

HEADER_BYTES = 24
_MAGIC, _VERSION_1 = 0b11, 0b0001
_DIRECTIONS = (("a-received", "a-sent"), ("b-received", "b-sent"))


class Strep(NamedTuple):
    """One header: the call leg, which of its two sides, the direction of the media, and the offset of the RTP.

    `is_b_leg` is bit L, `is_sent` bit D (sent by the carrier). `leg` is the id's 16 raw bytes.
    """

    leg: bytes
    is_b_leg: bool
    is_sent: bool
    rtp_at: int

    @property
    def call_leg_id(self) -> str:
        """Return the id as webhooks write it; its byte order is taken to be that of the text (not confirmed)."""
        return str(UUID(bytes=self.leg))

    @property
    def track(self) -> str:
        """Name the track: a-received, a-sent, b-received or b-sent, as the carrier sees it."""
        return _DIRECTIONS[self.is_b_leg][self.is_sent]


def parse_strep(datagram: bytes) -> Strep:
    """Read the header of version 1; raise MalformedMedia when it is cut off or of another kind.

    RTP begins after byte 1's count of bytes, as the carrier asks, so a longer header of version 1 is skipped whole.
    """
    if len(datagram) < HEADER_BYTES:
        raise MalformedMedia("truncated")
    first, length = datagram[0], datagram[1]
    if first >> 6 != _MAGIC or (first >> 2) & 0b1111 != _VERSION_1:
        raise MalformedMedia("version")
    if length < HEADER_BYTES or length > len(datagram):
        raise MalformedMedia("length")
    return Strep(datagram[8:HEADER_BYTES], bool(first & 0b10), bool(first & 0b01), length)
