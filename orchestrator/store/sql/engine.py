"""Opens the two stores with the timeouts, pools and retry rules that the guarantees need."""

from __future__ import annotations

import re
import time
from typing import Any

import orjson
import psycopg
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import DisconnectionError

from orchestrator.store.sql.before_commit import write_before_commit
from orchestrator.store.sql.bounded_connection import BoundedConnection, OneAtATime, connect_args
from orchestrator.store.timeouts import CONNECT_S, PING_S, POOL_S, REDIS_ANSWER_S, USUAL, SqlBounds

POOL_PER_PROCESS = 8
PING_AFTER_S = 1.0
_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")


def open_sql(
    database_url: str,
    *,
    pool_size: int = POOL_PER_PROCESS,
    ping_after_s: float = PING_AFTER_S,
    bounds: SqlBounds = USUAL,
    by_index: bool = False,
) -> Engine:
    """Return an engine of at most `pool_size` connections, READ COMMITTED; connects at first use (R23).

    A connection that was idle for `ping_after_s` is pinged before it is used again. No wait is longer than `bounds`
    allow. `by_index` is for loops, which never want to read a table whole.
    """
    engine = create_engine(
        database_url,
        pool_size=pool_size,
        max_overflow=0,
        pool_use_lifo=True,  # few connections at work have prepared more than many that take turns
        pool_timeout=POOL_S,
        isolation_level="READ COMMITTED",
        connect_args={"connect_timeout": CONNECT_S, **connect_args(bounds, by_index=by_index)},
        json_serializer=_to_json,
        json_deserializer=orjson.loads,
        hide_parameters=True,  # they are phone numbers and names, and errors go to the log
    )
    _bound_waits(engine, bounds)
    _ping_when_rested(engine, ping_after_s)
    event.listen(engine, "commit", write_before_commit)
    return engine


def statement_by_statement(sql: Engine) -> Engine:
    """Return an engine over the same connections on which every statement is a transaction of its own.

    It makes one trip and not three, for whoever reads, or writes with a single statement.
    """
    return sql.execution_options(isolation_level="AUTOCOMMIT")


def open_redis(redis_url: str, *, max_connections: int = 128) -> redis.Redis:
    """Return a client that never repeats a command by itself: a repeated XADD would be a second event."""
    return redis.Redis.from_url(
        redis_url,
        retry=Retry(NoBackoff(), 0),
        socket_timeout=REDIS_ANSWER_S,
        socket_connect_timeout=CONNECT_S,
        socket_keepalive=True,
        health_check_interval=15,
        max_connections=max_connections,
        protocol=2,
    )


def _to_json(value: Any) -> str:
    """Return JSON that PostgreSQL accepts: it cannot store a NUL, and a webhook may contain one."""
    text = orjson.dumps(value).decode()
    return _NUL.sub(r"\1", text) if "\\u0000" in text else text


def _bound_waits(engine: Engine, bounds: SqlBounds) -> None:
    """Make the engine's connections bounded ones, reset to the usual bounds whenever the pool hands them out."""
    connector = OneAtATime()

    def connect(_dialect: Any, _record: Any, args: list[Any], params: dict[str, Any]) -> BoundedConnection:
        return connector.connect(args, params)

    def take_leave_back(driver: BoundedConnection, *_: Any) -> None:
        driver.wait_at_most_s = bounds.wait_s

    event.listen(engine, "do_connect", connect)
    event.listen(engine, "checkout", take_leave_back)


def _ping_when_rested(engine: Engine, ping_after_s: float) -> None:
    """Replace a connection that died while idle; a ping at every use would cost a round trip each."""

    def note_rest(_driver: Any, record: Any) -> None:
        record.info["rests_since"] = time.monotonic()

    def ping(driver: Any, record: Any, _proxy: Any) -> None:
        if time.monotonic() - record.info.get("rests_since", time.monotonic()) < ping_after_s:
            return
        bound_s, driver.wait_at_most_s = driver.wait_at_most_s, PING_S
        try:
            engine.dialect.do_ping(driver)
        except psycopg.Error as err:
            raise DisconnectionError from err
        driver.wait_at_most_s = bound_s

    event.listen(engine, "checkin", note_rest)
    event.listen(engine, "checkout", ping)
