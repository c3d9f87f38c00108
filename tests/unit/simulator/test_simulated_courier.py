"""What waits for receivers is bounded, each for itself: what is over is lost, and counted."""

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
    leg.destination = WebhookRouting(url=urls[0], urls={"call.hangup": urls}, retries_ms={"call.hangup": ()})
    return leg


def _notices(count: int) -> list[Webhook]:
    return [Webhook(id=str(nth), type="call.hangup", occurred_at=0, data=b"{}") for nth in range(count)]


def _courier(counters: Counters, lanes: DeliverySlots) -> WebhookSender:
    return WebhookSender(
        clock=Clock(),
        counters=counters,
        random=SeededRandom(1),
        signer=Signer(None),
        faults=ActiveFaults(Faults(), cards=lambda _number: {}),
        lanes=lanes,
    )


@pytest.mark.parametrize("urls", [1, 2])
def test_what_finds_no_room_is_lost_and_counted_and_room_comes_back(free_port: int, urls: int) -> None:
    notices, counters, lanes = _notices(5), Counters(), DeliverySlots(max_waiting=2)
    leg = _leg(*(f"http://127.0.0.1:{free_port}/{nth}" for nth in range(urls)))

    async def emit() -> int:
        webhook_sender = _courier(counters, lanes)
        webhook_sender.hold(True)
        for webhook in notices:
            webhook_sender.send(leg, webhook)
        under_way = webhook_sender.under_way
        webhook_sender.hold(False)
        await webhook_sender.close(within_s=10)
        return under_way

    under_way = asyncio.run(emit())

    kept = 2 // urls
    assert under_way == kept
    assert [webhook.status for webhook in notices] == ["unreachable"] * kept + ["lost"] * (5 - kept)
    assert counters.shape()["webhooks_lost"] == 5 - kept
    assert len(lanes) == 0


def test_a_full_lane_is_full_for_its_host_and_port_alone() -> None:
    lanes = DeliverySlots(max_waiting=1, max_total=2)

    admitted = [lanes.admit(url) for url in (ONE, "HTTP://ONE.test:80/else", OTHER, "http://third.test/")]
    lanes.leave(ONE)

    assert admitted == [True, False, True, False]
    assert lanes.admit("http://third.test/")
    assert len(lanes) == 2


def test_whoever_waits_for_a_slot_of_one_address_does_not_wait_for_another() -> None:
    async def try_both() -> list[str]:
        lanes, free, order = DeliverySlots(at_once=1), asyncio.Event(), list[str]()

        async def attempt(url: str, until: asyncio.Event | None = None) -> None:
            async with lanes.slot(url):
                if until is not None:
                    await until.wait()
                order.append(url)

        stuck = [asyncio.create_task(attempt(ONE, free)), asyncio.create_task(attempt(ONE))]
        await attempt(OTHER)
        free.set()
        await asyncio.gather(*stuck)
        return [*order, str(len(lanes))]

    assert asyncio.run(try_both()) == [OTHER, ONE, ONE, "0"]
