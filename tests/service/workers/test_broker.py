"""What is changed in kombu, on a channel of its own to a real broker."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from kombu import Connection
from kombu.transport.redis import Channel


@pytest.fixture
def channel(redis_url: str) -> Iterator[Channel]:
    import workers.celery_app  # noqa: F401  it changes kombu when it is loaded

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
