"""Loops over stores that stand still: each step ends within its bound, and they turn again once the stores do."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from orchestrator.local_stack.embedded_servers import RunningServer, start_postgres, start_valkey
from orchestrator.store.redis.event_streams import ensure_groups
from orchestrator.store.redis.keys import Keys
from orchestrator.store.sql.engine import open_redis, open_sql
from orchestrator.store.timeouts import CONNECT_S, REDIS_ANSWER_S, USUAL
from tests.support.frozen import frozen
from tests.support.poll import eventually
from workers.engine.stream_consumer import Consumer
from workers.loops import Loop, run_loop

_SLACK_S = 5.0  # of a busy machine
_TURN_S = 5.0  # the longest pause of a loop whose steps fail


class Turns:
    """Counts the turns of a loop: those that were begun, failed and done."""

    def __init__(self, step: Callable[[], object]) -> None:
        self._step = step
        self.done = 0
        self.longest_s = 0.0

    def __call__(self) -> None:
        began = time.monotonic()
        try:
            self._step()
            self.done += 1
        finally:
            self.longest_s = max(self.longest_s, time.monotonic() - began)


@contextmanager
def turning(step: Callable[[], object]) -> Iterator[Turns]:
    stop, turns = threading.Event(), Turns(step)
    running = threading.Thread(target=run_loop, args=(Loop("test", turns, 0.01), stop))
    running.start()
    yield turns
    stop.set()
    running.join()


@pytest.fixture
def own_postgres(tmp_path: Path) -> Iterator[RunningServer]:
    server = start_postgres(tmp_path / "postgres", durable=False)
    yield server
    server.stop()


@pytest.fixture
def own_sql(own_postgres: RunningServer) -> Iterator[Engine]:
    engine = open_sql(own_postgres.url)
    yield engine
    engine.dispose()


def test_a_loop_over_a_postgresql_that_stands_still_fails_within_the_bound_and_turns_again(
    own_postgres: RunningServer, own_sql: Engine
) -> None:
    def step() -> None:
        with own_sql.begin() as tx:
            tx.execute(text("SELECT 1"))

    with turning(step) as turns:
        eventually(lambda: turns.done)
        with frozen(own_postgres.pid):
            eventually(lambda: turns.longest_s > 1, within=USUAL.wait_s + _SLACK_S)
        before = turns.done

        assert eventually(lambda: turns.done > before, within=_TURN_S + CONNECT_S + _SLACK_S)

    assert turns.longest_s < USUAL.wait_s + CONNECT_S + _SLACK_S


def test_a_consumer_of_a_valkey_that_stands_still_fails_within_the_bound_and_reads_again(tmp_path: Path) -> None:
    server, keys, seen = start_valkey(tmp_path / "valkey"), Keys(), list[object]()
    client = open_redis(server.url)
    ensure_groups(client, keys)
    consumer = Consumer(client, keys.events, seen.extend, keys=keys)

    with turning(consumer.consume) as turns:
        eventually(lambda: turns.done)
        with frozen(server.pid):
            eventually(lambda: turns.longest_s > REDIS_ANSWER_S - 1, within=REDIS_ANSWER_S + CONNECT_S + _SLACK_S)
        client.xadd(keys.events, {"raw": b"{}"})

        assert eventually(lambda: seen, within=_TURN_S + REDIS_ANSWER_S + _SLACK_S)

    client.close()
    server.stop()
    assert turns.longest_s < REDIS_ANSWER_S + CONNECT_S + _SLACK_S
