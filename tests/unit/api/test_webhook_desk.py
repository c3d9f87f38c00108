"""Webhooks in the server's loop: whoever sends many of them leaves time for all other connections."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Callable, Coroutine
from types import SimpleNamespace
from typing import Any

import pytest
import uvloop
from nacl.signing import SigningKey

from api.resources.webhooks import PATH, WebhookDesk
from api.server.plain import Plain
from api.server.request_head import Head
from orchestrator.clock import utc_now
from orchestrator.store.redis.keys import Keys

PUBLIC = base64.b64encode(SigningKey(bytes(range(32))).verify_key.encode()).decode()
SIGNATURE = base64.b64encode(bytes(64))


class Forgers:
    """Send forged webhooks to a desk and count the answers; each costs `cost_s` on the desk's clock."""

    def __init__(self, *, cost_s: float) -> None:
        self._cost_s = cost_s
        self._now = 0.0
        services: Any = SimpleNamespace(
            settings=SimpleNamespace(redis_url="redis://127.0.0.1:1/0", public_keys=lambda: PUBLIC),
            clock=utc_now,
            keys=Keys(),
        )
        self.desk = WebhookDesk(services, monotonic=lambda: self._now)
        self.told: list[str] = []

    def send(self, then: Callable[[], None] = lambda: None) -> None:
        def told(answer: Plain) -> None:
            self._now += self._cost_s
            self.told.append(answer.status)
            then()

        timestamp = str(int(time.time())).encode()
        headers = {b"telnyx-timestamp": timestamp, b"telnyx-signature-ed25519": SIGNATURE}
        head = Head("POST", PATH.encode(), b"", "1.1", headers, keeps_alive=True)
        self.desk.answer(head, b"{}", told)


def _in_loop(play: Callable[[], Coroutine[Any, Any, None]]) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(play())


def test_a_lone_webhook_is_answered_at_once() -> None:
    async def play() -> None:
        forgers = Forgers(cost_s=0.0009)
        forgers.send()
        assert (len(forgers.told), forgers.desk.waiting) == (1, 0)

        await asyncio.sleep(0)
        forgers.send()
        assert forgers.told == ["503 SERVICE UNAVAILABLE"] * 2

    _in_loop(play)


def test_many_webhooks_share_a_bounded_part_of_each_turn_of_the_loop() -> None:
    async def play() -> None:
        forgers, counts = Forgers(cost_s=0.0009), []
        for _ in range(10):
            forgers.send()
        for _ in range(4):
            counts.append((len(forgers.told), forgers.desk.waiting))
            await asyncio.sleep(0)

        assert counts == [(3, 7), (6, 4), (9, 1), (10, 0)]

    _in_loop(play)


def test_who_asks_again_with_each_answer_gets_no_more_of_a_turn() -> None:
    async def play() -> None:
        forgers = Forgers(cost_s=0.0009)

        def again() -> None:
            forgers.send(again)

        forgers.send(again)
        assert (len(forgers.told), forgers.desk.waiting) == (3, 1)
        await asyncio.sleep(0)
        assert (len(forgers.told), forgers.desk.waiting) == (6, 1)
        forgers.desk.close()

    _in_loop(play)


def test_who_asks_again_with_each_answer_is_answered_however_often_he_does(caplog: pytest.LogCaptureFixture) -> None:
    async def play() -> None:
        forgers = Forgers(cost_s=0.0)

        def again() -> None:
            if len(forgers.told) < 1_000:
                forgers.send(again)

        forgers.send(again)
        assert (len(forgers.told), forgers.desk.waiting) == (1_000, 0)

    _in_loop(play)
    assert "not taken" not in caplog.text
