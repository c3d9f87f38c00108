"""STREP headers and what they are told apart from, by the vectors of the document."""

from __future__ import annotations

import pytest

from orchestrator.media.rtp import MalformedMedia, PacketKind, kind_of, parse_rtp
from orchestrator.media.strep import parse_strep

LEG = "7f3c9a52-55a1-11ef-8d1c-02420a0b1c21"
ID = "7f3c9a5255a111ef8d1c02420a0b1c21"
PACKET = bytes.fromhex("c518000000000000" + ID + "800012340000a0c0deadbeefff7ffe7efd7dfc7c")


@pytest.mark.parametrize(
    ("first", "track", "is_b_leg", "is_sent"),
    [
        ("c4", "a-received", False, False),
        ("c5", "a-sent", False, True),
        ("c6", "b-received", True, False),
        ("c7", "b-sent", True, True),
    ],
)
def test_a_header_names_leg_and_direction(first: str, track: str, is_b_leg: bool, is_sent: bool) -> None:
    header = parse_strep(bytes.fromhex(f"{first}18000000000000{ID}"))

    assert (header.call_leg_id, header.track) == (LEG, track)
    assert (header.is_b_leg, header.is_sent, header.rtp_at) == (is_b_leg, is_sent, 24)


def test_a_forked_packet_is_read_down_to_its_sound() -> None:
    header = parse_strep(PACKET)

    rtp = parse_rtp(PACKET, header.rtp_at)

    assert len(PACKET) == 44
    assert (header.is_b_leg, header.is_sent) == (False, True)
    assert (rtp.payload_type, rtp.sequence, rtp.timestamp, rtp.ssrc) == (0, 4660, 41152, 0xDEADBEEF)
    assert rtp.payload.hex() == "ff7ffe7efd7dfc7c"


@pytest.mark.parametrize(
    ("packet", "kind"),
    [
        (PACKET.hex(), PacketKind.STREP),
        ("800012340000a0c0deadbeefff7ffe7efd7dfc7c", PacketKind.RTP),
        ("494e56495445", PacketKind.SIP),
        ("000106", PacketKind.T38),
    ],
)
def test_the_first_two_bits_tell_what_a_packet_is(packet: str, kind: PacketKind) -> None:
    assert kind_of(bytes.fromhex(packet)) is kind


def test_an_empty_packet_is_nothing() -> None:
    assert kind_of(b"") is None


@pytest.mark.parametrize(
    ("packet", "reason"),
    [
        (f"c4180000000000{ID}", "truncated"),
        (f"c420000000000000{ID}", "length"),
        (f"c400000000000000{ID}", "length"),
        (f"c817000000000000{ID}", "version"),
        (f"8418000000000000{ID}", "version"),
        ("c4", "truncated"),
        ("", "truncated"),
    ],
)
def test_a_header_that_is_cut_off_or_forged_is_refused(packet: str, reason: str) -> None:
    with pytest.raises(MalformedMedia) as refused:
        parse_strep(bytes.fromhex(packet))

    assert refused.value.reason == reason


def test_a_longer_header_of_version_1_is_skipped_whole() -> None:
    packet = bytes.fromhex("c41c000000000000" + ID + "00000000" + "800000010000000000000001aa")

    header = parse_strep(packet)

    assert parse_rtp(packet, header.rtp_at).payload == b"\xaa"


@pytest.mark.parametrize(
    ("packet", "payload"),
    [
        ("8100000100000000000000010000000baa", "aa"),  # one contributing source
        ("90000001000000000000000100000001ffffffffaa", "aa"),  # an extension of one word
        ("a0000001000000000000000111220002", "1122"),  # two bytes of padding
    ],
)
def test_what_stands_between_header_and_sound_is_skipped(packet: str, payload: str) -> None:
    assert parse_rtp(bytes.fromhex(packet)).payload.hex() == payload


@pytest.mark.parametrize(
    ("packet", "reason"),
    [
        ("80000001", "truncated"),
        ("400000010000000000000001", "version"),
        ("8f0000010000000000000001", "truncated"),
        ("9000000100000000000000010000ffff", "truncated"),
        ("a000000100000000000000010005", "padding"),
        ("a00000010000000000000001000000", "padding"),
    ],
)
def test_rtp_that_claims_more_than_it_has_is_refused(packet: str, reason: str) -> None:
    with pytest.raises(MalformedMedia) as refused:
        parse_rtp(bytes.fromhex(packet))

    assert refused.value.reason == reason
