"""Sends many commands at once and reads their answers, on a connection that the thread keeps for itself.

A pool hands each command another connection, asks whether it still lives and counts all that: a third of what a
command costs on this side.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from typing import Any, Self
from weakref import WeakKeyDictionary

import hiredis
import redis
from redis.connection import ConnectionPool
from redis.exceptions import ResponseError

Command = Sequence[str | bytes | int | float]

_RESTED_S = 1.0
_pack: Any = hiredis.pack_command  # its stub knows no tuples of many
_threads = threading.local()


def round_trip(client: redis.Redis, commands: Sequence[Command]) -> list[Any]:
    """Return the answers in the order of the commands, as the server gave them; an answer may be a ResponseError.

    Nothing is repeated: when the connection breaks, what had arrived may have been carried out.
    """
    if not commands:
        return []
    with Trip(client) as trip:
        trip.send(commands)
        return trip.answers()


class Trip:
    """A round trip whose commands are sent in parts: the server carries out one while the next is being made.

    Until it ends, the thread asks this server nothing else.
    """

    def __init__(self, client: redis.Redis) -> None:
        self._line = _line(client)
        self._awaited = 0

    def __enter__(self) -> Self:
        self._connection = self._line.begin_trip()
        return self

    def send(self, commands: Sequence[Command]) -> None:
        """Send some more commands; nothing is repeated when the connection breaks."""
        if not commands:
            return
        self._connection.send_packed_command([b"".join(_pack(tuple(command)) for command in commands)])
        self._awaited += len(commands)

    def answers(self) -> list[Any]:
        """Return the answers to all commands sent since the last answers, in their order."""
        answers = [_answer(self._connection) for _ in range(self._awaited)]
        self._awaited = 0
        return answers

    def __exit__(self, kind: type[BaseException] | None, _error: BaseException | None, _trace: object) -> None:
        self._line.end_trip()
        if kind is not None or self._awaited:
            self._connection.disconnect()  # answers to these commands may still be on their way


class _Line:
    """One thread's connection to one server."""

    def __init__(self, pool: ConnectionPool) -> None:
        self.pid = os.getpid()
        self._connection: Any = pool.connection_class(**pool.connection_kwargs)
        self._used_at = time.monotonic()
        self._is_on_a_trip = False

    def __del__(self) -> None:
        """Close the connection with its client, or with the thread whose it was."""
        self._connection.disconnect()

    def begin_trip(self) -> Any:
        """Return the connection; one that died while it rested is left, and made anew by its next use."""
        if self._is_on_a_trip:
            raise RuntimeError("a thread asks Redis in the middle of another trip: it would read the other's answers")
        self._is_on_a_trip = True
        now = time.monotonic()
        if now - self._used_at > _RESTED_S and self._connection.is_connected and self._is_dead():
            self._connection.disconnect()
        self._used_at = now
        return self._connection

    def end_trip(self) -> None:
        """Let the thread begin its next trip."""
        self._is_on_a_trip = False

    def _is_dead(self) -> bool:
        try:
            return bool(self._connection.can_read())  # nobody has asked anything: what there is to read is the end
        except redis.ConnectionError:
            return True


def _line(client: redis.Redis) -> _Line:
    lines: WeakKeyDictionary[ConnectionPool, _Line] | None = getattr(_threads, "lines", None)
    if lines is None:
        lines = _threads.lines = WeakKeyDictionary()
    line = lines.get(client.connection_pool)
    # A forked child must not talk on its parent's connection.
    if line is None or line.pid != os.getpid():
        line = lines[client.connection_pool] = _Line(client.connection_pool)
    return line


def _answer(connection: Any) -> Any:
    try:
        return connection.read_response()
    except ResponseError as err:
        return err
