"""Opens the two stores with the timeouts, pools and retry rules the guarantees ask for."""

from __future__ import annotations

import orjson
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy import Engine, create_engine

POOL_PER_PROCESS = 8
POOL_TIMEOUT_S = 5


def open_sql(database_url: str, *, pool_size: int = POOL_PER_PROCESS) -> Engine:
    """Return an engine of at most `pool_size` connections, READ COMMITTED; connects at first use (R23)."""
    return create_engine(
        database_url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=POOL_TIMEOUT_S,
        pool_pre_ping=True,
        isolation_level="READ COMMITTED",
        connect_args={"connect_timeout": 5, "options": "-c timezone=UTC -c synchronous_commit=on"},
        json_serializer=lambda value: orjson.dumps(value).decode(),
        json_deserializer=orjson.loads,
    )


def open_redis(redis_url: str, *, max_connections: int = 128) -> redis.Redis:
    """Return a client that never repeats a command by itself: a repeated XADD would be a second event."""
    return redis.Redis.from_url(
        redis_url,
        retry=Retry(NoBackoff(), 0),
        socket_timeout=5,
        socket_connect_timeout=3,
        socket_keepalive=True,
        health_check_interval=15,
        max_connections=max_connections,
        protocol=2,
    )
