"""A call's steps that stream to our own receiver: the address is filled in when it is sent, a sound is left once."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from pydantic import SecretStr

from orchestrator.clock import utc_now
from orchestrator.media.stream_token import stream_path
from orchestrator.media.stream_urls import StreamUrls
from orchestrator.model.event import STREAM_PLAY_ENDED, Event
from orchestrator.operations.calls.send_commands import CommandSender
from orchestrator.store.redis.audio_queue import fetch_silences, fetch_sounds
from orchestrator.store.redis.event_streams import add_event
from orchestrator.store.redis.keys import Keys
from tests.support.carrier_stub import CarrierStub
from tests.support.world import World

KEY = SecretStr("test-key")
SOUND = base64.b64encode(b"ID3" + bytes(99)).decode()
FLOW = f"""
name: stream
outcomes: [heard, unheard]
start: listen
steps:
  listen: {{streaming_start: {{stream_url: ours}}, on: {{command.failed: sorry}}, goto: say}}
  say:
    stream_play: {{payload: {SOUND}}}
    on:
      stream_play.ended: {{outcome: heard, goto: bye}}
      call.dtmf.received: sorry
      command.failed: {{outcome: unheard, goto: sorry}}
  sorry: {{speak: {{payload: Sorry, voice: female}}, on: {{call.speak.ended: bye}}}}
  bye: {{hangup: {{}}}}
"""


def streaming_call(world: World, *, is_open: bool = True, streams: StreamUrls | None) -> str:
    """Return a call that stands at its sound: the carrier has told that the stream runs."""
    world.__dict__["sender"] = CommandSender(
        sql=world.sql, client=world.redis, carrier=world.carrier, streams=streams, keys=world.keys
    )
    call_id = world.dialed_call(flow=FLOW)
    world.hear(call_id, "call.answered")
    world.work(call_id)
    if is_open:
        world.redis.set(Keys().stream(call_id), b"")
    world.hear(call_id, "streaming.started")
    return call_id


@pytest.fixture
def streams() -> StreamUrls:
    return StreamUrls("wss://media.example.com/", KEY)


def sent(carrier: CarrierStub) -> list[str]:
    return [asked.path.rsplit("/", 1)[1] for asked in carrier.actions]


def played(world: World, call_id: str) -> None:
    """Let the receiver tell that the call's sound was heard."""
    command_id = fetch_sounds(world.redis, Keys(), [call_id])[call_id].id
    payload = {"command_id": command_id, "action": "stream_play", "status": "completed"}
    told = Event(id="played", type=STREAM_PLAY_ENDED, occurred_at=utc_now(), call_id=call_id, payload=payload)
    add_event(world.redis, Keys(), told)


def test_the_carrier_is_given_this_calls_own_address_and_the_record_is_not(
    world: World, carrier: CarrierStub, streams: StreamUrls
) -> None:
    call_id = streaming_call(world, streams=streams)

    [start] = carrier.actions
    assert start.body["stream_url"] == f"wss://media.example.com{stream_path(KEY, call_id)}"
    log = world.redis.lrange(Keys().log(call_id), 0, -1)
    assert stream_path(KEY, call_id).rsplit("/", 1)[1].encode() not in b"".join(log)


def test_without_a_receiver_the_step_fails_and_nothing_is_sent(world: World, carrier: CarrierStub) -> None:
    world.__dict__["sender"] = CommandSender(sql=world.sql, client=world.redis, carrier=world.carrier, keys=world.keys)
    call_id = world.dialed_call(flow=FLOW)
    world.hear(call_id, "call.answered")

    world.work(call_id)

    assert sent(carrier) == ["speak"]
    assert (live := world.live(call_id)) is not None
    assert live.step == "sorry"


def test_a_sound_is_left_for_the_stream_and_its_end_leads_on(
    world: World, carrier: CarrierStub, streams: StreamUrls
) -> None:
    call_id = streaming_call(world, streams=streams)
    world.work(call_id)

    played(world, call_id)
    world.work(call_id)

    assert sent(carrier) == ["streaming_start", "hangup"]
    assert (live := world.live(call_id)) is not None
    assert live.outcome == "heard"


def test_r13_a_performer_that_died_over_a_sound_leaves_it_once(
    world: World, carrier: CarrierStub, streams: StreamUrls
) -> None:
    class Killed(BaseException):
        pass

    class Dying(CommandSender):
        def _complete(self, *_args: Any) -> int:
            raise Killed

    call_id = streaming_call(world, streams=streams)
    world.advance()
    with pytest.raises(Killed):
        Dying(sql=world.sql, client=world.redis, carrier=world.carrier, keys=world.keys, streams=streams).send_commands(
            call_id, token="first"
        )
    world.redis.delete(world.keys.lease(call_id))  # as it lapses

    world.work(call_id)

    assert world.redis.llen(Keys().sounds(call_id)) == 1
    played(world, call_id)
    world.work(call_id)
    assert sent(carrier)[-1] == "hangup"


def test_a_stream_that_opens_late_is_waited_for(world: World, carrier: CarrierStub, streams: StreamUrls) -> None:
    call_id = streaming_call(world, is_open=False, streams=streams)
    world.work(call_id)
    assert world.redis.llen(Keys().sounds(call_id)) == 0

    world.redis.set(Keys().stream(call_id), b"")
    world.work(call_id)

    assert world.redis.llen(Keys().sounds(call_id)) == 1


def test_a_stream_that_never_opens_is_a_failed_command(world: World, carrier: CarrierStub, streams: StreamUrls) -> None:
    call_id = streaming_call(world, is_open=False, streams=streams)
    world.work(call_id)
    names = [name for name in world.redis.hkeys(world.keys.call(call_id)) if name.startswith(b"c:")]
    for name in names:
        world.redis.hincrby(world.keys.call(call_id), name, -6_000)

    world.work(call_id)

    assert (live := world.live(call_id)) is not None
    assert (live.step, live.outcome) == ("sorry", "unheard")


def test_a_key_pressed_over_the_sound_has_it_cut_off(world: World, carrier: CarrierStub, streams: StreamUrls) -> None:
    call_id = streaming_call(world, streams=streams)
    world.work(call_id)

    world.hear(call_id, "call.dtmf.received", digit="1")
    world.work(call_id)

    assert fetch_silences(world.redis, Keys(), [call_id]) == [call_id]
    assert fetch_sounds(world.redis, Keys(), [call_id]) == {}
    assert sent(carrier)[-1] == "speak"
