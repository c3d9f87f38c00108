"""Told twice, taken twice, sent twice: each happens once."""

from __future__ import annotations

import pytest

from orchestrator.clock import utc_now
from orchestrator.model.event import ACTION_REQUESTED, Event
from orchestrator.store.redis.event_streams import add_event
from tests.support.carrier_stub import Answer, Asked, CarrierStub
from tests.support.world import World

TWO_SENTENCES = """
name: two-sentences
outcomes: [heard, hung_up]
outcome: hung_up
start: first
steps:
  first: {speak: {payload: "One", voice: female}, on: {call.speak.ended: second}}
  second: {speak: {payload: "Two", voice: female}, outcome: heard, on: {call.speak.ended: bye}}
  bye: {hangup: {}}
"""


def answered_call(world: World, **campaign: object) -> str:
    call_id = world.dialed_call(**campaign)
    world.hear(call_id, "call.answered")
    world.work(call_id)
    return call_id


def test_r11_an_event_that_comes_twice_moves_the_flow_once(world: World) -> None:
    call_id = answered_call(world, flow=TWO_SENTENCES)

    for _ in range(2):
        world.hear(call_id, "call.speak.ended", ident="once", status="completed")
        world.work(call_id)

    assert (live := world.live(call_id)) is not None and live.step == "second"
    assert world.redis.xlen(world.keys.events) == 0


def test_r11_a_command_that_is_asked_for_twice_under_one_id_is_sent_once(world: World, carrier: CarrierStub) -> None:
    call_id = answered_call(world)
    payload = {"command_id": "c-1", "action": "send_dtmf", "body": {"digits": "1"}}
    asked = Event(id="request:c-1", type=ACTION_REQUESTED, occurred_at=utc_now(), call_id=call_id, payload=payload)

    for _ in range(2):
        add_event(world.redis, world.keys, asked)
        world.work(call_id)

    assert [each.path.rsplit("/", 1)[1] for each in carrier.actions] == ["speak", "send_dtmf"]


@pytest.mark.parametrize("status", [500, 200])
def test_r13_a_performer_whose_lease_another_has_taken_leaves_lease_and_command_alone(
    world: World, carrier: CarrierStub, status: int
) -> None:
    call_id = world.dialed_call()
    world.hear(call_id, "call.answered")
    world.advance()

    def act(_asked: Asked) -> Answer:
        world.redis.set(world.keys.lease(call_id), "another")  # ours has run out while the carrier was slow
        world.redis.zadd(world.keys.wakes, {call_id: 7})
        return status, {"data": {"result": "ok"}}

    carrier.act = act
    world.perform(call_id)

    assert world.redis.get(world.keys.lease(call_id)) == b"another"
    assert world.redis.zscore(world.keys.wakes, call_id) == 7
    assert world.redis.llen(world.keys.outbox(call_id)) == 1


@pytest.mark.parametrize("state", ["reserved", "withdrawn"])
def test_r20_an_attempt_that_was_never_sent_is_not_adopted(world: World, state: str) -> None:
    call_id = world.claimed_call()
    world.set_call(call_id, state=state)

    world.hear(call_id, "call.answered")
    world.advance()

    assert world.live(call_id) is None
    assert world.redis.xlen(world.keys.unmatched_webhooks) == 1


def hang_up_requested(call_id: str) -> Event:
    payload = {"command_id": "c-2", "action": "hangup", "body": {}}
    return Event(id="request:c-2", type=ACTION_REQUESTED, occurred_at=utc_now(), call_id=call_id, payload=payload)


def test_r13_the_answer_to_a_dropped_command_takes_no_other_out_of_the_outbox(
    world: World, carrier: CarrierStub
) -> None:
    call_id = world.dialed_call()
    world.hear(call_id, "call.answered")
    world.advance()

    def act(asked: Asked) -> Answer:
        if asked.path.endswith("/speak"):
            add_event(world.redis, world.keys, hang_up_requested(call_id))
            world.advance()
        return 200, {"data": {"result": "ok"}}

    carrier.act = act
    world.perform(call_id)

    assert [each.path.rsplit("/", 1)[1] for each in carrier.actions] == ["speak", "hangup"]


def test_r2_the_repeat_of_a_dial_keeps_what_its_call_has_become(world: World, carrier: CarrierStub) -> None:
    carrier.dial = lambda _asked: (0, {})
    call_id = world.dialed_call()
    add_event(world.redis, world.keys, hang_up_requested(call_id))
    world.advance()
    world.age_send(call_id, 16)

    world.dialer.dial_call(call_id)

    assert len(carrier.dials) == 2
    assert (live := world.live(call_id)) is not None and live.closing
