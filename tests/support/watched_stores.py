"""The engine's ways out (PostgreSQL, Valkey, the carrier), each stopped at before anything leaves the process.

Nothing of the engine is patched: SQLAlchemy's events, a connection class of redis-py and a client of the carrier's are
enough. What stands between two ways out changes nothing outside of its process, so a death can fall on these points
alone.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar

import psycopg
import redis
from psycopg.pq import TransactionStatus
from pydantic import SecretStr
from redis.backoff import NoBackoff
from redis.connection import Connection as RedisConnection
from redis.connection import ConnectionPool
from redis.retry import Retry
from sqlalchemy import Connection, Engine, event, make_url

import orchestrator
from orchestrator.store.sql.engine import open_sql
from orchestrator.telnyx.answers import Ambiguous, Answer
from orchestrator.telnyx.client import TelnyxClient

_LUA = {path.stem: path.read_text() for path in (Path(orchestrator.__file__).parent / "store/redis/lua").glob("*.lua")}
_SCRIPTS = {hashlib.sha1(source.encode()).hexdigest(): name for name, source in _LUA.items()}
_NOTES = frozenset({"write_though_full", "count_hops"})  # what is noted now and then, by the clock
_RUN = re.compile(rb"EVALSHA\r\n\$40\r\n([0-9a-f]{40})")
_COMMAND = re.compile(rb"\A\*\d+\r\n\$\d+\r\n(\w+)")
_CHANGE = re.compile(r"\b(?:UPDATE(?!\s+(?:SKIP|OF|SET)\b)|INSERT INTO|DELETE FROM)\s+(\w+)")
_OF_THE_CLIENT = frozenset({"hello", "client", "select", "auth", "ping", "info", "script", "config"})
_PING, _PONG = b"*1\r\n$4\r\nPING\r\n", (b"PONG", "PONG")
_CUT = Ambiguous(code="no_answer", title="The carrier did not answer", detail="the connection was cut")


class Fault(StrEnum):
    """What befalls a process at a point."""

    NONE = ""
    DEATH = "it dies before"
    DEATH_BEHIND = "it dies behind"
    LOST_ANSWER = "it hears no answer"


class Died(BaseException):
    """Raised in a process that has died: nothing of it does anything any more."""


Reached = Callable[[str], Fault]
"""Told of each point before it is passed, as `commit calls` or `valkey permit_send`; raises Died or answers a fault."""


def watched_sql(database_url: str, reached: Reached, *, name: str) -> Engine:
    """Return an engine whose transactions stop at their beginning and before their commit; the server calls it `name`.

    A single statement that changes something is a point of its own.
    """

    def before_execute(tx: Connection, cursor: Any, statement: str, *_: Any) -> None:
        changes = tx.info.setdefault("changes", {})
        changes.update(dict.fromkeys(_CHANGE.findall(statement)))
        if cursor.connection.info.transaction_status != TransactionStatus.IDLE:
            return
        is_write = cursor.connection.autocommit and changes
        fault = reached(" ".join(["write", *changes] if is_write else ["begin"]))
        tx.info["is_lost"] = is_write and fault is Fault.LOST_ANSWER
        if fault is Fault.LOST_ANSWER and not is_write:
            cursor.connection.pgconn.finish()

    def after_execute(tx: Connection, cursor: Any, *_: Any) -> None:
        if tx.info.pop("is_lost", False):
            cursor.connection.pgconn.finish()
            raise psycopg.OperationalError("the connection was lost")

    def before_commit(tx: Connection) -> None:
        driver: Any = tx.connection.driver_connection
        if driver.info.transaction_status == TransactionStatus.IDLE:
            return
        if reached(" ".join(["commit", *tx.info.pop("changes", ())])) is Fault.LOST_ANSWER:
            driver.commit()
            driver.pgconn.finish()  # who asks for the commit, asks a connection that is lost

    url = make_url(database_url).update_query_dict({"application_name": name})
    engine = open_sql(url.render_as_string(hide_password=False), ping_after_s=float("inf"))
    engine.connect().close()  # its first connection asks the server what it is
    event.listen(engine, "before_cursor_execute", before_execute)
    event.listen(engine, "after_cursor_execute", after_execute)
    event.listen(engine, "commit", before_commit)
    event.listen(engine, "checkin", lambda _driver, record: record.info.pop("changes", None))
    return engine


def watched_redis(redis_url: str, reached: Reached) -> redis.Redis:
    """Return a client that stops before each of its round trips."""

    class Watched(RedisConnection):
        is_lost: ClassVar[bool] = False

        def send_packed_command(self, command: Any, check_health: bool = True) -> None:
            name = _trip(b"".join([command] if isinstance(command, bytes) else command))
            fault = reached(f"valkey {name}") if name and name not in _OF_THE_CLIENT else Fault.NONE
            self.is_lost = fault is Fault.LOST_ANSWER  # type: ignore[misc]  # of this connection
            super().send_packed_command(command, check_health)

        def read_response(self, *args: Any, **kwargs: Any) -> Any:
            answer = super().read_response(*args, **kwargs)
            if self.is_lost:
                self.disconnect()
                raise redis.ConnectionError("the connection was lost")
            return answer

    pool = ConnectionPool.from_url(redis_url, connection_class=Watched, retry=Retry(NoBackoff(), 0))
    client = redis.Redis(connection_pool=pool)
    for source in _LUA.values():
        client.script_load(source)  # that a script has to be loaded first is no point of its own
    return client


def dying_redis(redis_url: str, *, before: str) -> redis.Redis:
    """Return a client that dies within a round trip: what comes before this script is carried out, and no more."""
    digest = hashlib.sha1(_LUA[before].encode()).hexdigest().encode()

    class Dying(RedisConnection):
        def send_packed_command(self, command: Any, check_health: bool = True) -> None:
            packed = b"".join([command] if isinstance(command, bytes) else command)
            if (found := packed.find(digest)) < 0:
                super().send_packed_command(command, check_health)
                return
            super().send_packed_command([packed[: packed.rindex(b"*", 0, found)] + _PING], check_health)
            while super().read_response() not in _PONG:
                continue
            raise Died

    return redis.Redis(connection_pool=ConnectionPool.from_url(redis_url, connection_class=Dying))


def _trip(packed: bytes) -> str:
    """Name a round trip by its scripts, or by its first command; nothing for one that only notes something."""
    if scripts := dict.fromkeys(_SCRIPTS[digest.decode()] for digest in _RUN.findall(packed)):
        return " ".join(name for name in scripts if name not in _NOTES)
    found = _COMMAND.match(packed)
    return found[1].decode().lower() if found else "?"


class WatchedCarrier(TelnyxClient):
    """A client of the carrier that stops before each command, and again between its answer and who asked."""

    def __init__(self, url: str, reached: Reached, *, age_clock: Callable[[], float]) -> None:
        super().__init__(api_key=SecretStr("KEYtest"), base_url=url, age_clock=age_clock)
        self._reached = reached

    def dial(self, body: Mapping[str, Any], *, send_before: float | None = None) -> Answer:
        """Dial, and stop on both sides."""
        return self._pass("dial", lambda: super(WatchedCarrier, self).dial(body, send_before=send_before))

    def act(
        self, call_control_id: str, action: str, body: Mapping[str, Any], *, send_before: float | None = None
    ) -> Answer:
        """Send a command, and stop on both sides."""
        send = super().act
        return self._pass("command", lambda: send(call_control_id, action, body, send_before=send_before))

    def _pass(self, kind: str, send: Callable[[], Answer]) -> Answer:
        fault = self._reached(f"post {kind}")
        answer = send()
        if fault is Fault.LOST_ANSWER or self._reached(f"answer {kind}") is Fault.LOST_ANSWER:
            return _CUT
        return answer
