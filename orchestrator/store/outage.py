"""Says whether a store is away: the one definition that every retry, loop and answer leans on.

Away means that what was asked may succeed when it is asked again, unchanged, and that it says nothing about what was
asked. Everything else is an error of the statement or the record itself and fails each time (R19).

PostgreSQL is away when
- no connection could be had: none free in the pool in time, none made, refused, ended or silent (no SQLSTATE at all);
- the connection is lost, or was closed because its bound had passed (`bounded_postgres.py`);
- it answers with one of the classes and codes below.

Class 54, what is too large or too complex, is a fault of the statement although the driver calls it operational: a
record with a text that no index takes is refused each time. So are 22, 23, 42 and all classes not listed.

Redis is away when it cannot be reached or does not answer in time, and when it answers that it loads, is full, is
read-only, cannot write to its disk or is being elected. Any other error it answers is one of the command.
"""

from __future__ import annotations

import psycopg
import redis
from redis.exceptions import ClusterDownError, MasterDownError, OutOfMemoryError, ReadOnlyError, TryAgainError
from sqlalchemy import exc

# 08 connection, 28 who may connect, 40 rolled back for another (a deadlock), 53 no memory, disk or connections left,
# 57 ended by the operator or a bound, 58 errors of its system.
_CLASSES = ("08", "28", "40", "53", "57", "58")
# A standby that is not yet the primary, and two bounds: of an idle transaction, and of the wait for a lock.
_CODES = ("25006", "25P03", "25P04", "55P03")
_WITHOUT_STATE = (exc.OperationalError, exc.InterfaceError, psycopg.OperationalError, psycopg.InterfaceError)
_REDIS = (redis.ConnectionError, redis.TimeoutError, OutOfMemoryError, ReadOnlyError)
_REDIS_ANSWERS = (ClusterDownError, MasterDownError, TryAgainError)
# PostgreSQL of all its connections, those of a database or a role, and those it keeps; Redis of its own.
_NO_MORE_CLIENTS = ("too many c", "connection slots are reserved", "max number of clients reached")
_REDIS_WORDS = ("BUSY ", "LOADING", "MISCONF", "NOREPLICAS", "UNBLOCKED")


def is_outage(err: BaseException) -> bool:
    """Say whether `err` means that a store is away, as the head of this file defines it."""
    if isinstance(err, exc.DBAPIError):
        return err.connection_invalidated or _is_postgres_away(err, err.orig)
    if isinstance(err, psycopg.Error):
        return _is_postgres_away(err, err)  # COPY goes around SQLAlchemy
    if isinstance(err, redis.RedisError):
        return _is_redis_away(err)
    return isinstance(err, exc.TimeoutError)  # every connection of the pool is in use


def is_rolled_back_for_another(err: BaseException) -> bool:
    """Say whether PostgreSQL gave a transaction up for another one, as it breaks a circle of locks."""
    return isinstance(err, exc.DBAPIError) and (getattr(err.orig, "sqlstate", None) or "").startswith("40")


def has_all_its_clients(err: BaseException) -> bool:
    """Say whether a store refuses a connection because it has as many as it may; a server tells it in English."""
    return any(words in str(err) for words in _NO_MORE_CLIENTS)


def in_words(err: redis.RedisError) -> str:
    """Return a failure of Redis in words: that it is away, or what it refuses."""
    return f"Redis {'is away' if is_outage(err) else 'refuses what it is asked'}: {err}"


def _is_postgres_away(err: BaseException, driver_error: BaseException | None) -> bool:
    state: str | None = getattr(driver_error, "sqlstate", None)
    return state.startswith(_CLASSES) or state in _CODES if state else isinstance(err, _WITHOUT_STATE)


def _is_redis_away(err: redis.RedisError) -> bool:
    if isinstance(err, (*_REDIS, *_REDIS_ANSWERS)):
        return True
    return isinstance(err, redis.ResponseError) and str(err).startswith(_REDIS_WORDS)
