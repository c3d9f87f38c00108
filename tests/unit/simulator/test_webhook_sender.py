"""Webhooks that wait for a receiver are limited per receiver and in total; those beyond are lost and counted."""

from __future__ import annotations

import asyncio

import pytest

from simulator.clock import Clock
from simulator.seeded_random import SeededRandom
from simulator.state.counters import Counters
from simulator.state.faults import ActiveFaults, Faults
from simulator.state.leg import Direction, Leg, Webhook, WebhookRouting
from simulator.webhooks.delivery_slots import DeliverySlots
from simulator.webhooks.sender import WebhookSender
from simulator.webhooks.signing import Signer

ONE, OTHER = "http://one.test:80/a", "http://other.test/b"


def _leg(*urls: str) -> Leg:
    leg = object.__new__(Leg)
    leg.key, leg.to, leg.webhooks_created, leg.direction = "leg", "+14155550101", 0, Direction.OUTGOING
    leg.webhook_routing = WebhookRouting(url=urls[0], urls={"call.hangup": urls}, retries_ms={"call.hangup": ()})
    return leg


def _webhooks(count: int) -> list[Webhook]:
    return [Webhook(id=str(nth), type="call.hangup", occurred_at=0, data=b"{}") for nth in range(count)]


def _sender(counters: Counters, slots: DeliverySlots) -> WebhookSender:
    return WebhookSender(
        clock=Clock(),
        counters=counters,
        random=SeededRandom(1),
        signer=Signer(None),
        faults=ActiveFaults(Faults(), of_test_number=lambda _number: {}),
        slots=slots,
    )


@pytest.mark.parametrize("urls", [1, 2])
def test_webhooks_beyond_the_limit_are_lost_and_counted_and_slots_are_released(free_port: int, urls: int) -> None:
    webhooks, counters, slots = _webhooks(5), Counters(), DeliverySlots(max_waiting=2)
    leg = _leg(*(f"http://127.0.0.1:{free_port}/{nth}" for nth in range(urls)))

    async def send_all() -> int:
        sender = _sender(counters, slots)
        sender.pause(True)
        for webhook in webhooks:
            sender.send(leg, webhook)
        under_way = sender.under_way
        sender.pause(False)
        await sender.close(within_s=10)
        return under_way

    under_way = asyncio.run(send_all())

    kept = 2 // urls
    assert under_way == kept
    assert [webhook.status for webhook in webhooks] == ["unreachable"] * kept + ["lost"] * (5 - kept)
    assert counters.as_json()["webhooks_lost"] == 5 - kept
    assert len(slots) == 0


def test_a_receiver_at_its_limit_leaves_others_free() -> None:
    slots = DeliverySlots(max_waiting=1, max_total=2)

    admitted = [slots.admit(url) for url in (ONE, "HTTP://ONE.test:80/else", OTHER, "http://third.test/")]
    slots.release(ONE)

    assert admitted == [True, False, True, False]
    assert slots.admit("http://third.test/")
    assert len(slots) == 2


def test_waiting_for_a_slot_of_one_receiver_does_not_delay_another() -> None:
    async def try_both() -> list[str]:
        slots, free, order = DeliverySlots(at_once=1), asyncio.Event(), list[str]()

        async def attempt(url: str, until: asyncio.Event | None = None) -> None:
            async with slots.slot(url):
                if until is not None:
                    await until.wait()
                order.append(url)

        stuck = [asyncio.create_task(attempt(ONE, free)), asyncio.create_task(attempt(ONE))]
        await attempt(OTHER)
        free.set()
        await asyncio.gather(*stuck)
        return [*order, str(len(slots))]

    assert asyncio.run(try_both()) == [OTHER, ONE, ONE, "0"]
