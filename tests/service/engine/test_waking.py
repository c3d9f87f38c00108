"""Who empties an outbox is woken in the trip that fills it."""

from __future__ import annotations

import pytest

from orchestrator.operations.events.process_events import EventProcessor
from orchestrator.store.redis.keys import GROUP
from orchestrator.store.redis.ready_calls import ReadyCalls, WakeUps
from tests.support.world import CONNECTION, World

QUEUE = "test"


def advance(world: World) -> list[str]:
    """Advance what has come in, as an engine does; what nobody on shift is offered goes to the list `messages`."""
    ready = ReadyCalls(world.redis, world.keys, QUEUE)
    wake_ups = WakeUps(ready.offer, lambda call_ids: world.redis.rpush("messages", *call_ids))
    processor = EventProcessor(
        client=world.redis, flows=world.flows, connection_id=CONNECTION, wake_ups=wake_ups, keys=world.keys
    )
    entries = world.redis.xreadgroup(GROUP, "test", {world.keys.events: ">"}, count=100)
    return processor.process_events(entries[0][1])


def offered(world: World) -> list[str]:
    return [call_id.decode() for call_id in world.redis.lrange(world.keys.ready(QUEUE), 0, -1)]


def messages(world: World) -> list[str]:
    return [call_id.decode() for call_id in world.redis.lrange("messages", 0, -1)]


@pytest.fixture
def on_shift(world: World) -> None:
    ReadyCalls(world.redis, world.keys, QUEUE).mark_shift()
    world.redis.persist(world.keys.shift(QUEUE))  # however slowly the test goes on


def test_only_calls_with_something_to_send_are_offered(world: World, on_shift: None) -> None:
    silent, speaking = world.dialed_call(), world.dialed_call()
    world.hear(silent, "call.initiated")
    world.hear(speaking, "call.answered")

    assert advance(world) == [speaking]
    assert (offered(world), messages(world)) == ([speaking], [])


def test_a_call_is_woken_by_a_message_while_nobody_is_on_shift(world: World) -> None:
    call_id = world.dialed_call()
    world.hear(call_id, "call.answered")

    assert advance(world) == [call_id]
    assert (offered(world), messages(world)) == ([], [call_id])


def test_a_call_is_woken_by_a_message_when_its_offer_was_refused(world: World, on_shift: None) -> None:
    call_id = world.dialed_call()
    world.hear(call_id, "call.answered")
    world.redis.set(world.keys.ready(QUEUE), "no list")

    assert advance(world) == [call_id]
    assert messages(world) == [call_id]


def test_r11_a_server_that_forgot_the_scripts_still_commits_and_wakes(world: World, on_shift: None) -> None:
    call_id = world.dialed_call()
    world.redis.script_flush()
    world.hear(call_id, "call.answered")

    assert advance(world) == [call_id]
    assert offered(world) == [call_id]
    assert world.perform(call_id) == 1
