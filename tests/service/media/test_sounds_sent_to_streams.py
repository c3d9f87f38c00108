"""Audio that the API queues for a media stream is played in order, once, and its end is reported."""

from __future__ import annotations

import base64
import json

import pytest
import redis

from orchestrator.store.redis.audio_queue import Queued, clear_sounds, queue_sound
from orchestrator.store.redis.keys import Keys
from tests.support.media_receiver import MediaReceiver
from tests.support.poll import eventually
from tests.support.simulated_carrier import SimulatedCarrier
from tests.support.websocket_peer import Peer, peer

CALL = "call_01JGZ5N3W8Q4V6X7Y8Z9ABCDEF"


def stream(receiver: MediaReceiver) -> Peer:
    return peer(receiver.stream_url(CALL))


def test_sounds_of_the_api_are_played_in_order_once_a_second(
    receiver: MediaReceiver, redis_client: redis.Redis
) -> None:
    with stream(receiver) as carrier:
        eventually(lambda: redis_client.exists(Keys().stream(CALL)))

        results = [queue_sound(redis_client, Keys(), CALL, payload) for payload in ("Zmlyc3Q=", "c2Vjb25k")]

        heard = carrier.hear(2)
        assert results == [Queued.TAKEN, Queued.TAKEN]
        assert [frame["media"]["payload"] for frame, _ in heard] == ["Zmlyc3Q=", "c2Vjb25k"]
        assert heard[1][1] - heard[0][1] >= 1.0


def test_a_sound_that_the_carrier_found_too_early_is_played_again(
    receiver: MediaReceiver, redis_client: redis.Redis
) -> None:
    with stream(receiver) as carrier:
        eventually(lambda: redis_client.exists(Keys().stream(CALL)))
        queue_sound(redis_client, Keys(), CALL, "Zmlyc3Q=")
        carrier.hear(1)

        carrier.say({"event": "error", "payload": {"code": 100005, "title": "rate_limit_reached"}})

        assert carrier.hear(1)[0][0]["media"]["payload"] == "Zmlyc3Q="
        assert receiver.counts()["carrier_error_100005"] == 1


def test_who_waits_for_a_sound_is_told_once_when_it_was_heard(
    receiver: MediaReceiver, redis_client: redis.Redis
) -> None:
    with stream(receiver) as carrier:
        eventually(lambda: redis_client.exists(Keys().stream(CALL)))
        queue_sound(redis_client, Keys(), CALL, "Zmlyc3Q=", sound_id="cmd-1")
        sound, mark = (frame for frame, _ in carrier.hear(2))
        assert (sound["event"], mark["event"]) == ("media", "mark")
        assert told(redis_client) == []

        carrier.say(mark, mark)

        assert eventually(lambda: told(redis_client)) == [("cmd-1", "completed")]
    assert receiver.counts()["payloads_played"] == 1
    assert told(redis_client) == [("cmd-1", "completed")]


def told(client: redis.Redis) -> list[tuple[str, str]]:
    """Return the sounds whose end was told, and what became of them."""
    events = [json.loads(fields[b"own"]) for _, fields in client.xrange(Keys().events)]
    assert {(event["type"], event["call_id"]) for event in events} <= {("stream_play.ended", CALL)}
    return [(event["payload"]["command_id"], event["payload"]["status"]) for event in events]


def test_a_sound_that_came_too_early_is_not_taken_for_heard(receiver: MediaReceiver, redis_client: redis.Redis) -> None:
    with stream(receiver) as carrier:
        eventually(lambda: redis_client.exists(Keys().stream(CALL)))
        queue_sound(redis_client, Keys(), CALL, "Zmlyc3Q=", sound_id="cmd-1")
        _, (refused, _) = carrier.hear(2)

        carrier.say({"event": "error", "error": {"code": "100005"}}, refused)  # nothing stands before the mark any more

        (again, _), (mark, _) = carrier.hear(2)
        assert again["media"]["payload"] == "Zmlyc3Q="
        assert told(redis_client) == []
        carrier.say(mark)
        assert eventually(lambda: told(redis_client)) == [("cmd-1", "completed")]


def test_a_sound_that_is_refused_twice_is_given_up_and_the_next_one_is_played(
    receiver: MediaReceiver, redis_client: redis.Redis
) -> None:
    too_early = {"event": "error", "error": {"code": "100005"}}
    with stream(receiver) as carrier:
        eventually(lambda: redis_client.exists(Keys().stream(CALL)))
        for number in (1, 2):
            queue_sound(redis_client, Keys(), CALL, f"sound{number}==", sound_id=f"cmd-{number}")
        heard = []
        for _ in range(2):
            heard += carrier.hear(2)
            carrier.say(too_early)

        assert eventually(lambda: told(redis_client)) == [("cmd-1", "cut")]
        (following, _), (mark, _) = carrier.hear(2)
        carrier.say(mark)

        assert [frame["media"]["payload"] for frame, _ in heard[::2]] == ["sound1=="] * 2
        assert following["media"]["payload"] == "sound2=="
        assert eventually(lambda: len(told(redis_client)) == 2)
        assert told(redis_client)[1] == ("cmd-2", "completed")
    assert receiver.counts()["payloads_dropped"] == 1


def test_a_sound_that_waits_to_be_sent_once_more_is_cut_off_with_its_stream(
    receiver: MediaReceiver, redis_client: redis.Redis
) -> None:
    carrier = stream(receiver)
    eventually(lambda: redis_client.exists(Keys().stream(CALL)))
    queue_sound(redis_client, Keys(), CALL, "Zmlyc3Q=", sound_id="cmd-1")
    carrier.hear(2)

    carrier.say(*[{"event": "error", "error": {"code": "100005"}}] * 2)
    carrier.vanish()

    assert eventually(lambda: told(redis_client)) == [("cmd-1", "cut")]


def _error(code: int, form: str) -> dict[str, object]:
    """Return the carrier's complaint in today's form or in the older one."""
    body: dict[str, object] = {"code": code if form == "payload" else str(code), "title": "no", "detail": "No."}
    return {"event": "error", "sequence_number": "9", "stream_id": "s", form: body}


@pytest.mark.parametrize("form", ["payload", "error"])
@pytest.mark.parametrize("code", [100002, 100003, 100004])
def test_a_sound_that_the_carrier_will_not_play_is_not_taken_for_heard_and_the_next_one_is_played(
    receiver: MediaReceiver, redis_client: redis.Redis, code: int, form: str
) -> None:
    with stream(receiver) as carrier:
        eventually(lambda: redis_client.exists(Keys().stream(CALL)))
        for number in (1, 2):
            queue_sound(redis_client, Keys(), CALL, f"sound{number}==", sound_id=f"cmd-{number}")
        _, (mark, _) = carrier.hear(2)

        carrier.say(_error(code, form), mark)  # the mark comes back all the same: nothing stands before it any more

        (following, _), (mark, _) = carrier.hear(2)
        carrier.say(mark)
        assert following["media"]["payload"] == "sound2=="
        assert eventually(lambda: told(redis_client) if len(told(redis_client)) > 1 else None) == [
            ("cmd-1", "cut"),
            ("cmd-2", "completed"),
        ]
    assert receiver.counts()[f"carrier_error_{code}"] == 1
    assert receiver.counts()["payloads_dropped"] == 1


def test_a_complaint_that_comes_after_the_end_of_a_sound_takes_nothing_back(
    receiver: MediaReceiver, redis_client: redis.Redis
) -> None:
    with stream(receiver) as carrier:
        eventually(lambda: redis_client.exists(Keys().stream(CALL)))
        queue_sound(redis_client, Keys(), CALL, "Zmlyc3Q=", sound_id="cmd-1")
        _, (mark, _) = carrier.hear(2)

        carrier.say(mark, _error(100002, "payload"), _error(100002, "error"), _error(100005, "error"))

        eventually(lambda: receiver.counts().get("carrier_error_100005"))
        assert eventually(lambda: told(redis_client)) == [("cmd-1", "completed")]
    assert told(redis_client) == [("cmd-1", "completed")]
    assert "payloads_dropped" not in receiver.counts()


def test_a_sound_is_cut_off_with_its_stream(receiver: MediaReceiver, redis_client: redis.Redis) -> None:
    carrier = stream(receiver)
    eventually(lambda: redis_client.exists(Keys().stream(CALL)))
    queue_sound(redis_client, Keys(), CALL, "Zmlyc3Q=", sound_id="cmd-1")
    carrier.hear(2)

    carrier.vanish()

    assert eventually(lambda: told(redis_client)) == [("cmd-1", "cut")]


def test_silence_cuts_off_what_is_heard_and_takes_back_what_waits_but_not_what_comes_after(
    receiver: MediaReceiver, redis_client: redis.Redis
) -> None:
    with stream(receiver) as carrier:
        eventually(lambda: redis_client.exists(Keys().stream(CALL)))
        queue_sound(redis_client, Keys(), CALL, "Zmlyc3Q=", sound_id="cmd-1")
        carrier.hear(2)
        queue_sound(redis_client, Keys(), CALL, "bmV2ZXI=", sound_id="cmd-2")

        clear_sounds(redis_client, Keys(), CALL)
        queue_sound(redis_client, Keys(), CALL, "bGFzdA==", sound_id="cmd-3")

        clear, sound, mark = (frame for frame, _ in carrier.hear(3))
        assert (clear["event"], sound["media"]["payload"]) == ("clear", "bGFzdA==")
        carrier.say(mark)
        assert eventually(lambda: len(told(redis_client)) == 2)
        assert told(redis_client) == [("cmd-1", "cut"), ("cmd-3", "completed")]


def test_a_sound_left_twice_is_played_once(redis_client: redis.Redis) -> None:
    redis_client.set(Keys().stream(CALL), b"")

    results = [queue_sound(redis_client, Keys(), CALL, "eA==", sound_id="cmd-1") for _ in range(2)]

    assert results == [Queued.TAKEN, Queued.TAKEN]
    assert redis_client.llen(Keys().sounds(CALL)) == 1


def test_no_more_than_thirty_sounds_wait_for_a_stream_and_none_without_one(redis_client: redis.Redis) -> None:
    assert queue_sound(redis_client, Keys(), CALL, "eA==") is Queued.NO_STREAM
    redis_client.set(Keys().stream(CALL), b"")

    results = [queue_sound(redis_client, Keys(), CALL, "eA==") for _ in range(31)]

    assert results == [Queued.TAKEN] * 30 + [Queued.FULL]


def test_a_simulated_carrier_takes_our_sounds_within_its_limit(
    receiver: MediaReceiver, carrier: SimulatedCarrier, redis_client: redis.Redis
) -> None:
    leg = carrier.talk("18")
    carrier.sdk.calls.actions.start_streaming(leg, stream_url=receiver.stream_url(CALL))
    eventually(lambda: redis_client.exists(Keys().stream(CALL)))

    for _ in range(3):
        queue_sound(redis_client, Keys(), CALL, base64.b64encode(b"ID3" + bytes(99)).decode())

    eventually(lambda: carrier.simulator.summary()["counters"].get("stream_payloads_played") == 3)
    assert not any(name.startswith("carrier_error") for name in receiver.counts())
