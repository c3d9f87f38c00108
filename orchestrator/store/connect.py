"""Opens the two stores with the timeouts, pools and retry rules the guarantees ask for."""

from __future__ import annotations

import re
import time
from typing import Any

import orjson
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import DisconnectionError

POOL_PER_PROCESS = 8
POOL_TIMEOUT_S = 5
PING_AFTER_S = 1.0
_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")


def open_sql(database_url: str, *, pool_size: int = POOL_PER_PROCESS, ping_after_s: float = PING_AFTER_S) -> Engine:
    """Return an engine of at most `pool_size` connections, READ COMMITTED; connects at first use (R23).

    A connection that rested for `ping_after_s` is asked whether it is alive before it is used again.
    """
    engine = create_engine(
        database_url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=POOL_TIMEOUT_S,
        isolation_level="READ COMMITTED",
        connect_args={"connect_timeout": 5, "options": "-c timezone=UTC -c synchronous_commit=on"},
        json_serializer=_to_json,
        json_deserializer=orjson.loads,
    )
    _ping_when_rested(engine, ping_after_s)
    return engine


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


def _to_json(value: Any) -> str:
    """Return JSON that PostgreSQL takes: it has no place for a NUL, and a webhook may carry one."""
    text = orjson.dumps(value).decode()
    return _NUL.sub(r"\1", text) if "\\u0000" in text else text


def _ping_when_rested(engine: Engine, ping_after_s: float) -> None:
    """Take another connection for one that died at rest; to ask at every use would cost a round trip each."""

    def note_rest(_driver: Any, record: Any) -> None:
        record.info["rests_since"] = time.monotonic()

    def ping(driver: Any, record: Any, _proxy: Any) -> None:
        if time.monotonic() - record.info.get("rests_since", time.monotonic()) < ping_after_s:
            return
        try:
            alive = engine.dialect.do_ping(driver)
        except engine.dialect.loaded_dbapi.Error as err:
            raise DisconnectionError from err
        if not alive:
            raise DisconnectionError

    event.listen(engine, "checkin", note_rest)
    event.listen(engine, "checkout", ping)
