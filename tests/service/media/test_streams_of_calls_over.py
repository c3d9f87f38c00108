"""An address that we gave out is good as long as its call lives, and no store that is away cuts anybody."""

from __future__ import annotations

import base64
from datetime import timedelta
from pathlib import Path

import pytest
import redis

from orchestrator.clock import utc_now
from orchestrator.model.live_call import LiveCall
from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.live_calls import create_live, find_calls_over
from tests.support.media_receiver import MediaReceiver, media_receiver
from tests.support.poll import eventually
from tests.support.websocket_peer import Peer, peer, refused_with

CALL = "call_01JGZ5N3W8Q4V6X7Y8Z9ABCDEF"
KEYS = Keys()


@pytest.fixture
def whole(redis_client: redis.Redis) -> redis.Redis:
    """Return a Redis that knows what there is."""
    redis_client.set(KEYS.epoch, "req_1")
    return redis_client


def answered() -> LiveCall:
    return LiveCall(call_id=CALL, phase="answered", call_control_id="v3:one")


def ended(*, ago_s: float) -> LiveCall:
    return answered().model_copy(update={"phase": "ended", "ended_at": utc_now() - timedelta(seconds=ago_s)})


def stream(receiver: MediaReceiver) -> Peer:
    return peer(receiver.stream_url(CALL))


def say(carrier: Peer, chunk: int) -> None:
    payload = base64.b64encode(b"\x80" * 160).decode()
    carrier.say({"event": "media", "media": {"track": "inbound", "chunk": str(chunk), "payload": payload}})


def over(receiver: MediaReceiver) -> bool:
    return receiver.counts().get("streams_of_calls_over", 0) > 0


@pytest.mark.parametrize("call", [None, ended(ago_s=60)])
def test_the_address_of_a_call_that_is_over_opens_nothing(
    receiver: MediaReceiver, whole: redis.Redis, call: LiveCall | None
) -> None:
    if call is not None:
        create_live(whole, KEYS, call)

    with stream(receiver):
        eventually(lambda: over(receiver))
        eventually(lambda: receiver.counts()["streams_open"] == 0)

    assert refused_with(receiver.stream_url(CALL)) == 410


def test_a_stream_that_outlives_its_call_is_cut(receiver: MediaReceiver, whole: redis.Redis) -> None:
    create_live(whole, KEYS, answered())
    with stream(receiver) as carrier:
        say(carrier, 1)
        eventually(lambda: receiver.captures(CALL))
        assert not over(receiver)

        whole.delete(KEYS.call(CALL))
        create_live(whole, KEYS, ended(ago_s=60))

        eventually(lambda: over(receiver), within=20)
        [capture] = receiver.finished(CALL)
        assert capture.received == 1


def test_while_no_redis_answers_nobody_is_cut(tmp_path: Path) -> None:
    with media_receiver(tmp_path, redis_url="redis://127.0.0.1:1/0") as receiver, stream(receiver) as carrier:
        say(carrier, 1)
        eventually(lambda: receiver.captures(CALL))
        carrier.say({"event": "stop", "stop": {}})

        assert receiver.finished(CALL)[0].received == 1
        assert not over(receiver)


def test_a_call_is_over_some_time_after_its_end_and_never_by_a_redis_that_is_rebuilt(whole: redis.Redis) -> None:
    def are_over(*call_ids: str) -> set[str]:
        return find_calls_over(whole, KEYS, call_ids, now=utc_now(), grace_s=10)

    create_live(whole, KEYS, answered())
    lately, long_ago = ended(ago_s=3), ended(ago_s=11)
    create_live(whole, KEYS, lately.model_copy(update={"call_id": "call_lately"}))
    create_live(whole, KEYS, long_ago.model_copy(update={"call_id": "call_long_ago"}))

    assert are_over(CALL, "call_lately", "call_long_ago", "call_nobody") == {"call_long_ago", "call_nobody"}

    whole.delete(KEYS.epoch)
    assert are_over(CALL, "call_long_ago", "call_nobody") == set()
