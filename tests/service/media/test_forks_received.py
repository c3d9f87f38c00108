"""The fork receiver sorts legs and directions on one port, and bounds what does not belong there."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
import redis

from orchestrator.media.capture_files import FOLDER
from orchestrator.media.companding import mulaw_to_pcm
from orchestrator.store.redis.keys import Keys
from tests.support.media_receiver import MediaReceiver, media_receiver
from tests.support.poll import eventually
from tests.support.simulated_carrier import SimulatedCarrier, simulated_carrier

CALL = "call_01JGZ5N3W8Q4V6X7Y8Z9ABCDEF"
OTHER = "call_01JGZ5N3W8Q4V6X7Y8Z9ABCDEG"
LEG = "7f3c9a52-55a1-11ef-8d1c-02420a0b1c21"
OTHER_LEG = "7f3c9a52-55a1-11ef-8d1c-02420a0b1c22"
SIP = b"INVITE sip:x SIP/2.0"


@pytest.fixture
def receiver(tmp_path: Path, redis_client: redis.Redis, redis_url: str) -> Iterator[MediaReceiver]:
    redis_client.set(Keys().leg(LEG), CALL)
    redis_client.set(Keys().leg(OTHER_LEG), OTHER)
    with media_receiver(tmp_path, redis_url=redis_url, rtp_from="127.0.0.1/32") as receiver:
        yield receiver


@pytest.fixture
def carrier() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sending:
        sending.bind(("127.0.0.1", 0))
        yield sending


@pytest.fixture
def simulator() -> Iterator[SimulatedCarrier]:
    with simulated_carrier(time_scale=20) as simulator:
        yield simulator


def rtp(sequence: int, *, sound: bytes = b"\x80" * 160, ssrc: int = 1, payload_type: int = 0) -> bytes:
    return struct.pack("!BBHII", 0x80, payload_type, sequence & 0xFFFF, sequence * 160 & 0xFFFFFFFF, ssrc) + sound


def strep(leg: str, *, first: int = 0xC4) -> bytes:
    return bytes((first, 24, 0, 0, 0, 0, 0, 0)) + UUID(leg).bytes


def test_legs_and_directions_on_one_port_become_tracks_of_their_own(
    receiver: MediaReceiver, carrier: socket.socket
) -> None:
    for number in (65_534, 65_535, 1, 0, 2):
        for first, leg in ((0xC4, LEG), (0xC5, LEG), (0xC6, OTHER_LEG)):
            sound = bytes([number & 0x7F, first]) * 80
            carrier.sendto(strep(leg, first=first) + rtp(number, sound=sound), receiver.udp)
    eventually(lambda: len(receiver.captures(CALL)) == 2 and receiver.captures(OTHER))
    receiver.stop_after(packets=15)

    mine = {capture.track: capture for capture in receiver.finished(CALL, count=2)}
    (other,) = receiver.finished(OTHER)

    assert sorted(mine) == ["a-received", "a-sent"]
    assert other.track == "b-received"
    order = (65_534, 65_535, 0, 1, 2)
    heard = mulaw_to_pcm(b"".join(bytes([number & 0x7F, 0xC5]) * 80 for number in order))
    assert receiver.sound(CALL, mine["a-sent"]) == heard
    assert (mine["a-sent"].received, mine["a-sent"].lost) == (5, 0)


def test_a_simulated_fork_becomes_two_wavs_without_loss(
    receiver: MediaReceiver, simulator: SimulatedCarrier, redis_client: redis.Redis
) -> None:
    leg = simulator.talk("18")
    redis_client.set(Keys().leg(simulator.account(leg)["call_leg_id"]), CALL)

    simulator.act(leg, "fork_start", target=f"udp:127.0.0.1:{receiver.udp[1]}")
    eventually(lambda: sum(capture.bytes for capture in receiver.captures(CALL)) > 32_000)
    simulator.sdk.calls.actions.stop_forking(leg)

    captures = receiver.finished(CALL, count=2)
    assert [capture.lost for capture in captures] == [0, 0]
    assert all(capture.seconds == pytest.approx(capture.received * 0.02) for capture in captures)


def test_plain_rtp_of_a_trusted_sender_is_kept_by_sender_and_source(
    receiver: MediaReceiver, carrier: socket.socket
) -> None:
    for number in range(5):
        carrier.sendto(rtp(number, ssrc=0xDEADBEEF), receiver.udp)
        carrier.sendto(rtp(number, ssrc=0xCAFE), receiver.udp)

    folder = receiver.data / FOLDER / "rtp"
    names = eventually(lambda: found if len(found := sorted(p.name for p in folder.glob("*.wav"))) == 2 else [])
    port = carrier.getsockname()[1]
    assert {name.partition(f"-1-127-0-0-1-{port}-")[2] for name in names} == {"0000cafe.wav", "deadbeef.wav"}


def test_plain_rtp_of_a_stranger_is_counted_and_dropped(tmp_path: Path, redis_url: str, carrier: socket.socket) -> None:
    with media_receiver(tmp_path, redis_url=redis_url) as receiver:
        for number in range(10):
            carrier.sendto(rtp(number), receiver.udp)

        eventually(lambda: receiver.counts().get("packets_of_unknown_senders") == 10)
    assert not (tmp_path / FOLDER).exists()


def test_what_is_no_sound_is_told_apart_and_counted(receiver: MediaReceiver, carrier: socket.socket) -> None:
    whole = strep(LEG) + rtp(1)
    for packet in (
        SIP,
        bytes([0, 1, 6]),
        b"",
        whole[:23],
        whole[:30],
        bytes([0xC4, 200]) + whole[2:],
        bytes([0xC8, 24]) + whole[2:],
        strep(LEG) + b"\x40" + rtp(1)[1:],
    ):
        carrier.sendto(packet, receiver.udp)

    expected = {
        "packets_empty": 1,
        "packets_sip": 1,
        "packets_t38": 1,
        "packets_malformed_truncated": 2,
        "packets_malformed_length": 1,
        "packets_malformed_version": 2,
    }
    eventually(lambda: {name: receiver.counts().get(name, 0) for name in expected} == expected)
    assert receiver.captures(CALL) == []


def test_a_flood_of_unknown_legs_is_dropped_and_ours_comes_through(
    receiver: MediaReceiver, carrier: socket.socket
) -> None:
    for number in range(3_000):
        stranger = str(UUID(int=number))
        carrier.sendto(strep(stranger) + rtp(number), receiver.udp)
    eventually(lambda: is_read_up_to(b"", "packets_empty", receiver, carrier))
    eventually(lambda: all_are_judged(receiver))

    for number in range(10):
        carrier.sendto(strep(LEG) + rtp(number), receiver.udp)
    eventually(lambda: is_read_up_to(SIP, "packets_sip", receiver, carrier))
    eventually(lambda: "tracks" in receiver.counts())
    receiver.stop()

    assert receiver.finished(CALL)[0].received == 10
    assert [path.name for path in (receiver.data / FOLDER).iterdir()] == [CALL]


def all_are_judged(receiver: MediaReceiver) -> bool:
    """Say whether nothing that came waits for the answer whose leg it is."""
    counts = receiver.counts()
    return counts["packets"] == counts["packets_empty"] + counts.get("packets_of_unknown_legs", 0)


def is_read_up_to(packet: bytes, name: str, receiver: MediaReceiver, carrier: socket.socket) -> bool:
    """Send one more; say whether one like it was counted, and so all before it that the kernel did not drop."""
    carrier.sendto(packet, receiver.udp)
    return name in receiver.counts()


def test_packets_of_a_known_leg_from_another_address_are_forged(
    receiver: MediaReceiver, carrier: socket.socket
) -> None:
    for number in range(5):
        carrier.sendto(strep(LEG) + rtp(number), receiver.udp)
    eventually(lambda: receiver.captures(CALL))

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.bind(("127.0.0.2", 0))
        stranger.sendto(strep(LEG) + rtp(2, sound=b"\x00" * 160), receiver.udp)

    eventually(lambda: receiver.counts().get("packets_forged") == 1)
    receiver.stop()
    (capture,) = receiver.finished(CALL)
    assert (capture.received, capture.repeated, capture.late) == (5, 0, 0)


def test_keys_among_the_packets_are_no_sound_and_no_loss(receiver: MediaReceiver, carrier: socket.socket) -> None:
    for number in range(6):
        payload_type = 101 if number == 3 else 0
        carrier.sendto(strep(LEG) + rtp(number, payload_type=payload_type), receiver.udp)
    receiver.stop_after(packets=6)

    (capture,) = receiver.finished(CALL)
    assert (capture.received, capture.lost, capture.soundless, capture.seconds) == (6, 0, 1, 0.12)


def test_reports_among_the_packets_change_nothing(receiver: MediaReceiver, carrier: socket.socket) -> None:
    report = struct.pack("!BBHII", 0x80, 200, 6, 0xCAFE, 1) + bytes(20)
    for number in range(6):
        carrier.sendto(strep(LEG) + report, receiver.udp)
        carrier.sendto(strep(LEG) + rtp(number), receiver.udp)
    eventually(lambda: receiver.counts().get("packets") == 12)
    eventually(lambda: receiver.captures(CALL))
    receiver.stop()

    (capture,) = receiver.finished(CALL)
    assert (capture.received, capture.lost, capture.seconds) == (6, 0, 0.12)


def test_a_fork_that_begins_with_keys_and_changes_its_codec_is_kept_whole(
    receiver: MediaReceiver, carrier: socket.socket
) -> None:
    carrier.sendto(strep(LEG) + rtp(0, payload_type=101, sound=b"\x05\x8a\x03\x20"), receiver.udp)
    for number in range(1, 10):
        carrier.sendto(strep(LEG) + rtp(number), receiver.udp)
    eventually(lambda: receiver.captures(CALL))
    for number in range(10, 501):
        carrier.sendto(strep(LEG) + rtp(number, payload_type=8 if number > 50 else 0), receiver.udp)
    receiver.stop_after(packets=501)

    captures = {capture.codec: capture for capture in receiver.finished(CALL, count=2)}
    assert {codec: capture.seconds for codec, capture in captures.items()} == {"PCMU": 1.0, "PCMA": 9.0}
    assert [capture.lost for capture in captures.values()] == [0, 0]
