"""Live calls come first: nobody new is called while those who listen wait for the next word."""

from __future__ import annotations

import redis

from orchestrator.operations.dialing.dispatch_calls import LATE_AT_MOST
from orchestrator.store.redis.live_calls import WAKE_AFTER_MS
from orchestrator.store.redis.rate_limiter import LATE_MS
from tests.support.world import World


def let_calls_wait(world: World, number: int, *, for_ms: int) -> None:
    """Leave calls with a command that was decided so long ago and has not been sent."""
    now_ms = server_ms(world.redis)
    world.redis.zadd(world.keys.wakes, {f"call_{n}": now_ms - for_ms + WAKE_AFTER_MS for n in range(number)})


def server_ms(client: redis.Redis) -> int:
    seconds, micros = client.time()
    return int(seconds) * 1000 + int(micros) // 1000


def test_nobody_new_is_called_while_calls_wait_for_their_commands(world: World) -> None:
    world.contacts(world.campaign(), 3)
    let_calls_wait(world, LATE_AT_MOST + 1, for_ms=LATE_MS + 100)

    held = world.dispatcher.dispatch_calls()
    world.redis.delete(world.keys.wakes)
    released = world.dispatcher.dispatch_calls()

    assert held == []
    assert len(released) == 3


def test_commands_that_have_just_been_decided_hold_nobody_up(world: World) -> None:
    world.contacts(world.campaign(), 3)
    let_calls_wait(world, 100, for_ms=0)

    assert len(world.dispatcher.dispatch_calls()) == 3
