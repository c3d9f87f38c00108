"""Sends many commands at once and reads their answers: a pipeline without what a pipeline does besides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import redis
from redis.exceptions import ResponseError

Command = Sequence[str | bytes | int | float]


def round_trip(client: redis.Redis, commands: Sequence[Command]) -> list[Any]:
    """Return the answers in the order of the commands, as the server gave them; an answer may be a ResponseError.

    Nothing is repeated: when the connection breaks, what had arrived may have been carried out.
    """
    if not commands:
        return []
    pool = client.connection_pool
    connection: Any = pool.get_connection()  # redis-py leaves its methods untyped
    try:
        connection.send_packed_command(connection.pack_commands(commands))
        return [_answer(connection) for _ in commands]
    except BaseException:
        connection.disconnect()  # answers to these commands may still be on their way
        raise
    finally:
        pool.release(connection)


def _answer(connection: Any) -> Any:
    try:
        return connection.read_response()
    except ResponseError as err:
        return err
