"""What a killed engine had taken: the next one of its host takes it over at once, any other after five seconds."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

import pytest
from ulid import ULID

from orchestrator.store.redis.keys import GROUP
from tests.support.world import World
from workers.engine.stream_consumer import Consumer

HERE = socket.gethostname()


def pid_of_the_dead() -> int:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    return dead.pid


def taken_over(world: World, *, host: str, pid: int) -> int:
    """Let a consumer of this process number take an entry; return how many the next consumer here handles."""
    world.redis.xadd(world.keys.events, {"raw": b"{}"})
    world.redis.xreadgroup(GROUP, f"{host}-{pid}-{ULID()}", {world.keys.events: ">"}, count=10)
    handled: list[object] = []
    Consumer(world.redis, world.keys.events, handled.extend, keys=world.keys).consume()
    return len(handled)


def test_what_a_dead_engine_of_this_host_had_taken_is_handled_at_once(world: World) -> None:
    assert taken_over(world, host=HERE, pid=pid_of_the_dead()) == 1


def test_so_is_what_the_process_before_had_that_had_the_same_number(world: World) -> None:
    assert taken_over(world, host=HERE, pid=os.getpid()) == 1


@pytest.mark.parametrize(("host", "pid"), [(HERE, os.getppid()), ("another-host", 1)])
def test_nothing_is_taken_from_an_engine_that_may_live(world: World, host: str, pid: int) -> None:
    assert taken_over(world, host=host, pid=pid) == 0
