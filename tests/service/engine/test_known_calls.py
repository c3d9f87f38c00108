"""What an engine remembers of its calls is a shortcut and never a truth: Redis has the last word at every commit."""

from __future__ import annotations

from orchestrator.operations.events.process_events import EventProcessor
from orchestrator.store.redis.keys import GROUP
from tests.support.world import CONNECTION, World


def advance_with(world: World, processor: EventProcessor) -> None:
    entries = world.redis.xreadgroup(GROUP, "test", {world.keys.events: ">"}, count=100)
    processor.process_events(entries[0][1])
    world.advance()  # strays go another way


def engine(world: World) -> EventProcessor:
    return EventProcessor(client=world.redis, flows=world.flows, connection_id=CONNECTION, keys=world.keys)


def test_r11_an_engine_decides_on_what_another_engine_has_committed(world: World) -> None:
    call_id = world.dialed_call()
    one, other = engine(world), engine(world)

    for processor, event_type in ((one, "call.initiated"), (other, "call.answered"), (one, "call.speak.started")):
        world.hear(call_id, event_type)
        advance_with(world, processor)

    live = world.live(call_id)
    assert live is not None
    assert (live.phase, live.step, live.seen) == ("answered", "greet", ("call.answered", "call.speak.started"))


def test_r20_a_call_that_redis_lost_is_adopted_and_not_decided_on_what_was_remembered(world: World) -> None:
    call_id = world.dialed_call()
    processor = engine(world)
    world.hear(call_id, "call.answered")
    advance_with(world, processor)
    world.redis.delete(world.keys.call(call_id))

    world.hear(call_id, "call.speak.started")
    advance_with(world, processor)

    live = world.live(call_id)
    assert live is not None
    assert live.adopted


def test_r20_no_two_lives_of_a_call_share_a_version(world: World) -> None:
    call_id = world.dialed_call()
    processor = engine(world)
    world.hear(call_id, "call.initiated")
    advance_with(world, processor)
    before = world.redis.hget(world.keys.call(call_id), "v")
    world.redis.delete(world.keys.call(call_id))

    world.hear(call_id, "call.answered")
    advance_with(world, engine(world))

    assert world.redis.hget(world.keys.call(call_id), "v") not in (None, before)
