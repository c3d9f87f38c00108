"""Commands of an event loop: their answers come in order, and each is told when there will be none."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import redis
import uvloop

from orchestrator.store.redis.loop_connection import LoopConnection
from orchestrator.store.redis.pipeline import Command

FOR_EVER = ("BLPOP", "nothing", 0)


def _in_loop(url: str, play: Callable[[LoopConnection], Awaitable[list[Any]]], *, answer_s: float = 30.0) -> list[Any]:
    async def run() -> list[Any]:
        connection = LoopConnection(url, answer_s=answer_s)
        try:
            async with asyncio.timeout(20):
                return await play(connection)
        finally:
            connection.close()
            await asyncio.sleep(0)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(run())


def _asked(connection: LoopConnection, command: Command) -> asyncio.Future[Any]:
    answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    connection.ask(command, answer.set_result)
    return answer


async def _ask(connection: LoopConnection, *commands: Command) -> list[Any]:
    return list(await asyncio.gather(*[_asked(connection, command) for command in commands]))


def test_answers_come_in_the_order_of_the_commands_and_an_error_is_one_of_them(
    redis_client: redis.Redis, redis_url: str
) -> None:
    async def play(connection: LoopConnection) -> list[Any]:
        return await _ask(connection, ("SET", "a", "x"), ("INCR", "a")) + await _ask(connection, ("GET", b"a"))

    answers = _in_loop(redis_url, play)

    assert (answers[0], answers[2], redis_client.get("a")) == (b"OK", b"x", b"x")
    assert isinstance(answers[1], redis.ResponseError)


def test_all_that_the_address_asks_for_is_done(redis_client: redis.Redis, redis_url: str) -> None:
    async def play(connection: LoopConnection) -> list[Any]:
        return await _ask(connection, ("CLIENT", "INFO"))

    [info] = _in_loop(redis_url, play)

    assert f" db={redis_client.connection_pool.connection_kwargs['db']} ".encode() in info


def test_a_connection_that_breaks_is_told_to_all_who_wait_and_made_anew(
    redis_client: redis.Redis, redis_url: str
) -> None:
    async def play(connection: LoopConnection) -> list[Any]:
        [own] = await _ask(connection, ("CLIENT", "ID"))
        waiting = [_asked(connection, FOR_EVER), _asked(connection, ("INCR", "a"))]
        await asyncio.get_running_loop().run_in_executor(None, lambda: redis_client.client_kill_filter(_id=str(own)))
        return [*await asyncio.gather(*waiting), *await _ask(connection, ("INCR", "b")), connection.waiting]

    *lost, afterwards, waiting = _in_loop(redis_url, play)

    assert [type(each) for each in lost] == [redis.ConnectionError] * 2
    assert (afterwards, waiting, redis_client.get("a")) == (1, 0, None)


def test_a_server_that_is_silent_is_left_in_time(redis_client: redis.Redis, redis_url: str) -> None:
    async def play(connection: LoopConnection) -> list[Any]:
        return await _ask(connection, FOR_EVER) + await _ask(connection, ("PING",))

    lost, afterwards = _in_loop(redis_url, play, answer_s=0.2)

    assert isinstance(lost, redis.ConnectionError)
    assert afterwards == b"PONG"


def test_where_nobody_listens_each_command_is_told_so(free_port: int) -> None:
    async def play(connection: LoopConnection) -> list[Any]:
        return await _ask(connection, ("PING",), ("PING",)) + await _ask(connection, ("PING",))

    answers = _in_loop(f"redis://127.0.0.1:{free_port}/0", play)

    assert [type(each) for each in answers] == [redis.ConnectionError] * 3


def test_who_fails_over_an_answer_takes_none_from_the_others(redis_url: str, caplog: pytest.LogCaptureFixture) -> None:
    def fail(_answer: Any) -> None:
        raise RuntimeError("of one's own")

    async def play(connection: LoopConnection) -> list[Any]:
        connection.ask(("PING",), fail)
        return await _ask(connection, ("ECHO", "x"))

    assert _in_loop(redis_url, play) == [b"x"]
    assert "of one's own" in caplog.text


def test_who_asks_again_when_told_that_there_is_no_connection_is_told_again(free_port: int) -> None:
    async def play(connection: LoopConnection) -> list[Any]:
        again: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        connection.ask(("PING",), lambda _lost: connection.ask(("PING",), again.set_result))
        return [await again, *await _ask(connection, ("PING",))]

    answers = _in_loop(f"redis://127.0.0.1:{free_port}/0", play)

    assert [type(each) for each in answers] == [redis.ConnectionError] * 2


@pytest.mark.parametrize("unusable", ["redis://127.0.0.1:1/0?timeout=3", "unix:///nowhere/redis.sock"])
def test_an_address_that_no_connection_can_be_made_from_is_told_to_all_who_wait(unusable: str) -> None:
    async def play(connection: LoopConnection) -> list[Any]:
        return await _ask(connection, ("PING",), ("PING",)) + await _ask(connection, ("PING",))

    answers = _in_loop(unusable, play)

    assert [type(each) for each in answers] == [redis.ConnectionError] * 3
