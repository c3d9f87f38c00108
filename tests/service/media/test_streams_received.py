"""The stream receiver takes what the carrier sends, and bounds what anybody else sends."""

from __future__ import annotations

import base64
import json
import math
import os
import socket
from pathlib import Path

import pytest
import redis

from orchestrator.media.companding import mulaw_to_pcm
from orchestrator.store.redis.audio_queue import queue_sound
from orchestrator.store.redis.keys import Keys
from tests.support.media_receiver import MediaReceiver, media_receiver
from tests.support.poll import eventually
from tests.support.simulated_carrier import SimulatedCarrier
from tests.support.websocket_peer import Peer, media_frame, peer, refused_with

CALL = "call_01JGZ5N3W8Q4V6X7Y8Z9ABCDEF"


def speak_a_second(receiver: MediaReceiver, carrier: Peer) -> None:
    """Send fifty pieces and wait until they are on disk."""
    carrier.say(*[media_frame(chunk) for chunk in range(1, 51)])
    eventually(lambda: any(capture.bytes > 16_000 for capture in receiver.captures(CALL)))


def stream(receiver: MediaReceiver) -> Peer:
    return peer(receiver.stream_url(CALL))


def test_a_simulated_call_becomes_a_wav_per_track_with_every_piece_in_its_place(
    receiver: MediaReceiver, carrier: SimulatedCarrier
) -> None:
    leg = carrier.talk("18")

    carrier.sdk.calls.actions.start_streaming(leg, stream_url=receiver.stream_url(CALL), stream_track="both_tracks")
    eventually(lambda: sum(c.bytes for c in receiver.captures(CALL)) > 2 * 2 * 160 * 50)
    carrier.sdk.calls.actions.stop_streaming(leg)

    inbound, outbound = sorted(receiver.finished(CALL, count=2), key=lambda capture: capture.track)
    assert (inbound.track, outbound.track) == ("inbound", "outbound")
    assert (inbound.lost, inbound.late, inbound.repeated, inbound.loss) == (0, 0, 0, 0.0)
    assert inbound.seconds == pytest.approx(inbound.received * 0.02)
    heard = receiver.sound(CALL, inbound)
    period = 2 * 8_000 * 2  # the sentence of the callee repeats after two seconds
    assert loudness(heard) > 500
    assert heard[period : 2 * period] in (b"", heard[: len(heard[period : 2 * period])])
    sent = carrier.simulator.summary()["counters"]["stream_frames"]
    assert sent == {"inbound": inbound.received, "outbound": outbound.received}


def loudness(samples: bytes) -> float:
    """Return the mean square root of 16-bit samples."""
    levels = [int.from_bytes(samples[at : at + 2], "little", signed=True) for at in range(0, len(samples), 2)]
    return math.sqrt(sum(level * level for level in levels) / len(levels))


def test_pieces_out_of_order_are_put_right_and_gaps_are_silence(receiver: MediaReceiver) -> None:
    with stream(receiver) as carrier:
        for chunk in (2, 1, 3, 4, 7, 5):
            carrier.say(media_frame(chunk, sound=bytes([chunk]) * 160))
        carrier.say({"event": "stop", "stop": {}})
        (capture,) = receiver.finished(CALL)

    pieces = [bytes([number]) * 160 for number in (1, 2, 3, 4, 5, 0xFF, 7)]
    assert receiver.sound(CALL, capture) == mulaw_to_pcm(b"".join(pieces))
    assert (capture.received, capture.lost) == (6, 1)


@pytest.mark.parametrize("path", ["/", "/streams/" + CALL, f"/streams/{CALL}/" + "x" * 32, "/%2e%2e/streams"])
def test_a_path_that_was_not_given_out_is_refused(receiver: MediaReceiver, path: str) -> None:
    assert refused_with(receiver.url + path) == 403
    assert receiver.counts()["streams_refused"] == 1


def test_the_token_of_one_call_opens_no_other(receiver: MediaReceiver) -> None:
    other = receiver.stream_url(CALL).replace(CALL, CALL[:-1] + "0")

    assert refused_with(other) == 403


def test_a_call_may_have_only_a_few_streams_at_once(receiver: MediaReceiver) -> None:
    with stream(receiver), stream(receiver), stream(receiver), stream(receiver):
        eventually(lambda: receiver.counts()["streams"] == 4)

        assert refused_with(receiver.stream_url(CALL)) == 503


def test_a_peer_that_vanishes_leaves_a_finished_file(receiver: MediaReceiver) -> None:
    carrier = stream(receiver)
    speak_a_second(receiver, carrier)

    carrier.vanish()

    (capture,) = receiver.finished(CALL)
    assert (capture.received, capture.seconds) == (50, 1.0)


def test_garbage_is_counted_and_a_stream_of_nothing_else_is_cut(receiver: MediaReceiver) -> None:
    with stream(receiver) as stranger:
        stranger.say("no json", media_frame(1), "[]", {"event": "media", "media": {"track": "../../etc"}})
        eventually(lambda: receiver.counts().get("frames_malformed_shape") == 2)
        stranger.say(*["garbage"] * 60)

        stranger.wait_closed()
    assert receiver.finished(CALL)[0].received == 1
    assert receiver.counts()["frames_malformed_json"] >= 50


def test_ten_megabytes_in_one_frame_end_the_connection_and_take_no_memory(receiver: MediaReceiver) -> None:
    with stream(receiver) as stranger:
        stranger.say(media_frame(1))
        stranger.say_bytes_until_closed(b"x" * 10_000_000)

        stranger.wait_closed()
    assert receiver.finished(CALL)[0].received == 1
    assert resident_bytes(receiver) < 300_000_000


def resident_bytes(receiver: MediaReceiver) -> int:
    pages = int(Path(f"/proc/{receiver.process.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def test_a_message_in_many_parts_is_put_together_up_to_its_limit(receiver: MediaReceiver) -> None:
    text = json.dumps(media_frame(1)).encode()
    with stream(receiver) as carrier:
        carrier.say_in_parts([text[:20], text[20:50], text[50:]])
        carrier.say({"event": "stop", "stop": {}})
        assert receiver.finished(CALL)[0].received == 1

        carrier.say_in_parts([b"x" * 50_000] * 4)

        carrier.wait_closed()
    assert receiver.counts()["frames_malformed_length"] == 1


def test_half_a_handshake_and_half_a_frame_stop_nobody_else(receiver: MediaReceiver) -> None:
    address = receiver.url.removeprefix("ws://").split(":")
    with socket.create_connection((address[0], int(address[1]))) as slow, stream(receiver) as half:
        slow.sendall(b"GET /streams/x HTTP/1.1\r\nHos")
        half.send_raw(b"\x81\xfe\x7f")

        with stream(receiver) as carrier:
            carrier.say(media_frame(1), {"event": "stop", "stop": {}})
            assert receiver.finished(CALL)[0].received == 1


def told(client: redis.Redis) -> list[tuple[str, str]]:
    """Return the sounds whose end was told, and what became of them."""
    events = [json.loads(fields[b"own"]) for _, fields in client.xrange(Keys().events)]
    assert {(event["type"], event["call_id"]) for event in events} <= {("stream_play.ended", CALL)}
    return [(event["payload"]["command_id"], event["payload"]["status"]) for event in events]


@pytest.mark.parametrize("form", ["today", "older"])
def test_both_forms_of_the_carriers_frames_are_understood(
    receiver: MediaReceiver, carrier: SimulatedCarrier, redis_client: redis.Redis, form: str
) -> None:
    carrier.simulator.control(stream_frames=form)
    leg = carrier.talk("69")  # every sound is answered with 100002
    carrier.sdk.calls.actions.start_streaming(leg, stream_url=receiver.stream_url(CALL), stream_codec="PCMA")
    carrier.simulator.control(stream_frames="today")
    eventually(lambda: redis_client.exists(Keys().stream(CALL)))

    queue_sound(redis_client, Keys(), CALL, base64.b64encode(b"ID3" + bytes(99)).decode(), sound_id="cmd-1")

    assert eventually(lambda: told(redis_client)) == [("cmd-1", "cut")]
    carrier.sdk.calls.actions.stop_streaming(leg)
    assert receiver.finished(CALL)[0].codec == "PCMA"
    assert receiver.counts()["carrier_error_100002"] == 1
    assert not any(name.startswith("frames_malformed") for name in receiver.counts())


def test_a_receiver_that_ends_finishes_its_files(receiver: MediaReceiver) -> None:
    with stream(receiver) as carrier:
        speak_a_second(receiver, carrier)

        receiver.stop()

        assert receiver.finished(CALL)[0].received == 50


def test_a_receiver_that_is_killed_leaves_a_file_that_plays(tmp_path: Path, redis_url: str) -> None:
    with media_receiver(tmp_path, redis_url=redis_url) as receiver:
        with stream(receiver) as carrier:
            speak_a_second(receiver, carrier)
            eventually(lambda: receiver.sound(CALL, receiver.captures(CALL)[0]))
            receiver.process.kill()
            receiver.process.wait()

        (capture,) = receiver.captures(CALL)
        assert (capture.is_complete, capture.seconds) == (False, 1.0)
        assert receiver.sound(CALL, capture) == mulaw_to_pcm(b"\x80" * 8_000)
