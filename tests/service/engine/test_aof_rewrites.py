"""The append-only file is rewritten after an erasure, and a rewrite that was lost is begun again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from orchestrator.local_stack.embedded_servers import RunningServer, start_valkey
from orchestrator.store.redis.aof_rewrite import owe_rewrite, rewrite_when_owed
from orchestrator.store.redis.keys import Keys
from tests.support.poll import eventually


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[RunningServer]:
    """Return a Valkey whose folder holds nobody else."""
    server = start_valkey(tmp_path / "valkey")
    yield server
    server.stop()


@pytest.fixture
def redis_client(valkey: RunningServer) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(valkey.url) as client:
        yield client


def test_a_rewrite_that_died_with_its_server_is_begun_again(valkey: RunningServer, redis_client: redis.Redis) -> None:
    keys = Keys()
    owe_rewrite(redis_client, keys)
    seconds, _ = redis_client.time()
    redis_client.set(keys.rewriting, f"{seconds * 1000 + 5000} a-run-that-is-over")

    rewrite_when_owed(redis_client, keys, least_gap_s=-60)

    assert redis_client.exists(keys.rewrites)
    assert redis_client.info("server")["run_id"].encode() in redis_client.get(keys.rewriting)  # type: ignore[operator]


def test_rewrites_keep_their_distance(valkey: RunningServer, redis_client: redis.Redis) -> None:
    keys = Keys()
    owe_rewrite(redis_client, keys)
    rewrite_when_owed(redis_client, keys, least_gap_s=600)
    first = redis_client.get(keys.rewriting)
    eventually(lambda: not redis_client.info("persistence")["aof_rewrite_in_progress"])
    owe_rewrite(redis_client, keys, after_s=0.001)

    rewrite_when_owed(redis_client, keys, least_gap_s=600)

    assert first is not None and redis_client.get(keys.rewriting) == first
    assert redis_client.zcard(keys.rewrites) == 1


def test_a_rewrite_that_is_owed_later_is_not_begun_before(valkey: RunningServer, redis_client: redis.Redis) -> None:
    owe_rewrite(redis_client, Keys(), after_s=60)

    rewrite_when_owed(redis_client, Keys())

    assert redis_client.get(Keys().rewriting) is None


def test_where_the_server_keeps_no_file_nothing_is_owed(valkey: RunningServer, redis_client: redis.Redis) -> None:
    redis_client.config_set("appendonly", "no")
    owe_rewrite(redis_client, Keys())

    rewrite_when_owed(redis_client, Keys())

    assert not redis_client.exists(Keys().rewrites)
