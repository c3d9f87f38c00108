"""What is changed in kombu, on a channel of its own to a real broker."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis
from kombu import Connection
from kombu.transport.redis import Channel, Mutex

from orchestrator.store.timeouts import CONNECT_S, REDIS_ANSWER_S
from workers.tasks.names import BROKER_PREFIX


@pytest.fixture
def channel(redis_url: str) -> Iterator[Channel]:
    import workers.tasks.app  # noqa: F401  it changes kombu when it is loaded

    with Connection(redis_url) as connection:
        yield connection.channel()


def test_a_channel_keeps_its_client(channel: Channel) -> None:
    with channel.conn_or_acquire() as first, channel.conn_or_acquire() as second:
        assert first is second
        assert first.ping()


def test_a_channel_with_a_new_pool_has_a_new_client(channel: Channel) -> None:
    with channel.conn_or_acquire() as first:
        pass
    channel._disconnect_pools()

    with channel.conn_or_acquire() as second:
        assert second is not first
        assert second.connection_pool is channel.pool
        assert second.ping()


def test_everybody_who_asks_the_app_hears_of_both_queues_and_each_hears_its_own_messages_alone() -> None:
    from workers.tasks.app import app

    queues = app.amqp.queues

    assert {name: (queue.exchange.name, queue.routing_key) for name, queue in queues.items()} == {
        "commands": ("commands", "commands"),
        "dials": ("dials", "dials"),
    }


def test_a_worker_waits_for_a_silent_broker_no_longer_than_the_stated_bounds(redis_url: str) -> None:
    from workers.tasks.app import app

    with app.connection_for_read(redis_url) as connection:
        channel = connection.channel()
        bounds = channel.pool.connection_kwargs
        silent_s = channel.brpop_timeout + 2 * channel.health_check_interval  # as kombu computes it

    assert (bounds["socket_timeout"], bounds["socket_connect_timeout"]) == (REDIS_ANSWER_S, CONNECT_S)
    assert silent_s <= 11


def test_a_worker_that_dies_while_it_gives_messages_back_keeps_others_from_it_for_ten_seconds(
    redis_url: str, redis_client: redis.Redis
) -> None:
    from workers.tasks.app import app

    with app.connection_for_read(redis_url) as connection:
        channel = connection.channel()
        lock, lasts_s = channel.unacked_mutex_key, channel.unacked_mutex_expire
        with channel.conn_or_acquire() as client, Mutex(client, lock, lasts_s):
            left_ms = redis_client.pttl(BROKER_PREFIX + lock)

    assert 0 < left_ms <= 10_000
