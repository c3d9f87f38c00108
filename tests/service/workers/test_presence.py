"""Engines and workers show themselves: who lives is seen, who is killed is silent and then forgotten."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
import redis

from orchestrator.local_stack import command_lines
from orchestrator.operations.system.read_processes import SILENT_AFTER_S, read_processes
from orchestrator.settings import child_environment
from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.processes import KEPT_S, Process
from tests.support.full_memory import full_memory
from tests.support.poll import eventually
from workers.presence import Presence

KEYS = Keys()


@pytest.fixture
def presence(redis_client: redis.Redis) -> Presence:
    return Presence(redis_client, KEYS, kind="worker", parts=["dials"], served=lambda: (7, True))


def seen(client: redis.Redis) -> list[tuple[Process, bool]]:
    """Return who is seen, and whether each is silent."""
    return [(each.process, each.is_silent) for each in read_processes(client=client, keys=KEYS)]


def age(client: redis.Redis, seconds: float) -> None:
    """Let everybody have been heard so much earlier."""
    for name in client.zrange(KEYS.processes_heard, 0, -1):
        client.zincrby(KEYS.processes_heard, -1000 * seconds, name)


def test_a_process_is_seen_with_what_it_does_and_has_done(redis_client: redis.Redis, presence: Presence) -> None:
    presence.show()

    [(process, is_silent)] = seen(redis_client)
    assert (process.kind, process.parts, process.calls, process.is_on_shift) == ("worker", ("dials",), 7, True)
    assert process.name.endswith(f".{os.getpid()}") and not is_silent


def test_who_is_not_heard_is_silent_and_forgotten_in_the_end(redis_client: redis.Redis, presence: Presence) -> None:
    presence.show()
    age(redis_client, SILENT_AFTER_S + 1)
    assert [is_silent for _, is_silent in seen(redis_client)] == [True]
    age(redis_client, KEPT_S)

    assert seen(redis_client) == []
    presence.show()
    redis_client.zadd(KEYS.processes_heard, {"gone.1": 1})
    redis_client.hset(KEYS.processes, "gone.1", "{}")
    presence.show()
    assert redis_client.hlen(KEYS.processes) == redis_client.zcard(KEYS.processes_heard) == 1


def test_a_full_memory_hides_nobody(redis_client: redis.Redis, presence: Presence) -> None:
    with full_memory(redis_client):
        presence.show()

    assert len(seen(redis_client)) == 1


def test_who_ends_is_gone_at_once(redis_client: redis.Redis, presence: Presence) -> None:
    presence.show()
    presence.hide()

    assert seen(redis_client) == []
    assert redis_client.exists(KEYS.processes, KEYS.processes_heard) == 0


@contextmanager
def running(argv: tuple[str, ...], env: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    silent: Any = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(argv, env=child_environment(env), **silent)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.mark.timeout(240)
def test_real_processes_come_and_go(redis_client: redis.Redis, database_url: str, redis_url: str) -> None:
    env = {
        "ORCHESTRATOR_REDIS_URL": redis_url,
        "ORCHESTRATOR_DATABASE_URL": database_url,
        "TELNYX_CONNECTION_ID": "conn-1",
        "TELNYX_API_KEY": "KEYtest",
        "ORCHESTRATOR_PUBLIC_URL": "http://127.0.0.1:1",
    }
    engine, worker = command_lines.engine(["settle"]), command_lines.worker("commands", name="commands", threads=2)
    with running(engine, env) as first, running(worker, env) as second:
        found = eventually(lambda: (both := seen(redis_client)) and len(both) == 2 and both, within=120)
        for process in (first, second):
            process.send_signal(signal.SIGTERM)
        for process in (first, second):
            process.wait(60)

    told = [(process.kind, process.parts, process.calls, process.is_on_shift) for process, _ in found]
    assert told == [("engine", ("settle",), None, None), ("worker", ("commands",), 0, False)]
    assert seen(redis_client) == []
