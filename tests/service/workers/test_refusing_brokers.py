"""Workers whose broker answers and refuses, as in a failover: a primary without a replica, or a replica."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from orchestrator.local_stack import command_lines
from orchestrator.local_stack.embedded_servers import RunningServer, start_valkey
from tests.support.poll import eventually
from tests.support.process_alone import process_alone


@pytest.fixture
def own_valkey(tmp_path: Path) -> Iterator[RunningServer]:
    server = start_valkey(tmp_path / "valkey")
    yield server
    server.stop()


def test_a_worker_lives_through_a_broker_that_takes_no_writes(
    own_valkey: RunningServer, database_url: str, tmp_path: Path
) -> None:
    argv = command_lines.worker("commands", name="commands")
    with (
        redis.Redis.from_url(own_valkey.url) as broker,
        process_alone(argv, database_url=database_url, redis_url=own_valkey.url, log=tmp_path / "log") as worker,
    ):
        worker.wait_until_said(" ready.")

        broker.config_set("min-replicas-to-write", 1)
        broker.client_kill_filter(_type="normal", skipme=True)
        worker.wait_until_said("NOREPLICAS")
        broker.config_set("min-replicas-to-write", 0)

        worker.wait_until_said("Connected to redis", times=2)
        eventually(lambda: _waits_for_messages(broker) or not worker.runs)
        assert worker.runs, worker.said


def _waits_for_messages(broker: redis.Redis) -> bool:
    return any(client["cmd"] == "brpop" for client in broker.client_list())
