"""An answered call with a flow of two steps, and the commands it was given."""

from __future__ import annotations

import orjson

from tests.support.carrier_stub import CarrierStub
from tests.support.world import World

TWO_STEPS = """
name: two-steps
outcomes: [first, second]
start: one
steps:
  one: {speak: {payload: "One", voice: female}, outcome: first, on: {call.speak.ended: two, call.dtmf.received: two}}
  two: {speak: {payload: "Two", voice: female}, outcome: second, on: {call.speak.ended: bye}}
  bye: {hangup: {}}
"""


def answered_call(world: World, **campaign: object) -> str:
    """Return a call that has been answered and has been told to speak."""
    call_id = world.dialed_call(**campaign)
    world.hear(call_id, "call.initiated")
    world.hear(call_id, "call.answered")
    world.advance()
    return call_id


def outbox(world: World, call_id: str) -> list[str]:
    return [orjson.loads(line)["action"] for line in world.redis.lrange(world.keys.outbox(call_id), 0, -1)]


def actions(carrier: CarrierStub) -> list[str]:
    return [asked.path.rsplit("/", 1)[1] for asked in carrier.actions]
