"""Webhooks that are held until it is known whether Redis has room: each of them is told what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import redis

from orchestrator.errors import StoreUnavailable
from orchestrator.operations.events.receive_in_loop import LoopReceiver
from orchestrator.operations.events.receive_webhook import Receipt
from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.loop_connection import Then
from orchestrator.store.redis.pipeline import Command

EVENT = b'{"data": {"id": "e-1", "event_type": "call.initiated"}}'


class Connection:
    """Answers what it is asked when it is told to."""

    def __init__(self) -> None:
        self.asked: list[tuple[Command, Then]] = []

    @property
    def waiting(self) -> int:
        return len(self.asked)

    def ask(self, command: Command, then: Then) -> None:
        self.asked.append((command, then))

    def answer(self, *answers: Any) -> None:
        for answer in answers:
            self.asked.pop(0)[1](answer)


class Believing:
    """Believes every signature."""

    def verify(self, raw: bytes, headers: Mapping[str, str]) -> None:
        """Raise nothing."""


@pytest.fixture
def connection() -> Connection:
    return Connection()


@pytest.fixture
def receiver(connection: Any) -> LoopReceiver:
    verifier: Any = Believing()
    return LoopReceiver(connection, verifier=verifier, keys=Keys())


def test_a_redis_that_names_no_bound_of_its_memory_takes_what_is_held(
    receiver: LoopReceiver, connection: Connection
) -> None:
    told: list[Any] = []
    for _ in range(2):
        receiver.receive(EVENT, {}, told.append)

    connection.answer(b"used_memory:1\r\n", b"1-1", b"1-2")

    assert (told, receiver.waiting) == ([Receipt.TAKEN] * 2, 0)


@pytest.mark.parametrize("answer", [None, b"maxmemory:1\r\n", redis.ConnectionError("gone")])
def test_when_redis_does_not_say_whether_there_is_room_all_that_are_held_are_told(
    receiver: LoopReceiver, connection: Connection, answer: Any
) -> None:
    told: list[Any] = []
    for _ in range(2):
        receiver.receive(EVENT, {}, told.append)

    connection.answer(answer)

    assert ([type(each) for each in told], receiver.waiting) == ([StoreUnavailable] * 2, 0)


@pytest.mark.parametrize("answer", [redis.ConnectionError("gone"), b"used_memory:9\r\nmaxmemory:10\r\n"])
def test_who_fails_over_what_he_is_told_takes_nothing_from_the_others(
    receiver: LoopReceiver, connection: Connection, answer: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_became: Any) -> None:
        raise RuntimeError("of one's own")

    told: list[Any] = []
    receiver.receive(EVENT, {}, fail)
    receiver.receive(EVENT, {}, told.append)

    connection.answer(answer)

    assert [type(each) for each in told] == [StoreUnavailable]
    assert "of one's own" in caplog.text
