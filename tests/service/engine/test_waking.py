"""Who empties an outbox is woken in the trip that fills it."""

from __future__ import annotations

from orchestrator.operations.events.process_events import EventProcessor
from orchestrator.store.redis.keys import GROUP
from orchestrator.store.redis.pipeline import Command
from tests.support.world import CONNECTION, World


def wake(call_id: str) -> Command:
    return ("RPUSH", "woken", call_id)


def advance(world: World) -> list[str]:
    processor = EventProcessor(
        client=world.redis, flows=world.flows, connection_id=CONNECTION, wake=wake, keys=world.keys
    )
    entries = world.redis.xreadgroup(GROUP, "test", {world.keys.events: ">"}, count=100)
    return processor.process_events(entries[0][1])


def woken(world: World) -> list[str]:
    return [call_id.decode() for call_id in world.redis.lrange("woken", 0, -1)]


def test_only_calls_with_something_to_send_are_woken(world: World) -> None:
    silent, speaking = world.dialed_call(), world.dialed_call()
    world.hear(silent, "call.initiated")
    world.hear(speaking, "call.answered")

    assert advance(world) == [speaking]
    assert woken(world) == [speaking]


def test_r11_a_server_that_forgot_the_scripts_still_commits_and_wakes(world: World) -> None:
    call_id = world.dialed_call()
    world.redis.script_flush()
    world.hear(call_id, "call.answered")

    assert advance(world) == [call_id]
    assert woken(world) == [call_id]
    assert world.perform(call_id) == 1
