"""Delivery of webhooks: signature, sorted keys, URLs, retries."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator

import pytest

from simulator.webhooks.delivery_slots import AT_ONCE
from tests.support.poll import eventually
from tests.support.simulated_carrier import SimulatedCarrier, simulated_carrier
from tests.support.webhook_receiver import Delivery, webhook_receiver

_SIGNING_SEED = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"


@pytest.fixture(scope="module")
def carrier() -> Iterator[SimulatedCarrier]:
    with simulated_carrier(time_scale=50, signing_seed=_SIGNING_SEED) as carrier:
        yield carrier


@pytest.fixture(autouse=True)
def _answers_are_ok_again(carrier: SimulatedCarrier) -> Iterator[None]:
    yield
    carrier.receiver.answer = lambda _delivery: 200


def _attempts(carrier: SimulatedCarrier, leg: str, event_type: str) -> list[Delivery]:
    return [
        d for d in tuple(carrier.receiver.deliveries) if d.payload["call_control_id"] == leg and d.type == event_type
    ]


def _fail(carrier: SimulatedCarrier, event_type: str, *statuses: int) -> None:
    """Respond to the first deliveries of this type with these statuses, and to all others with 200."""
    left = list(statuses)

    def answer(delivery: Delivery) -> int:
        return left.pop(0) if delivery.type == event_type and left else 200

    carrier.receiver.answer = answer


def test_the_signing_seed_fixes_the_public_key(carrier: SimulatedCarrier) -> None:
    assert carrier.simulator.public_key == "A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg="


def test_a_webhook_has_the_carriers_envelope_and_headers(carrier: SimulatedCarrier) -> None:
    leg = carrier.dial("40")

    delivery = carrier.receiver.wait("call.initiated", leg=leg)

    assert delivery.headers["user-agent"] == "telnyx-webhooks"
    assert delivery.headers["content-type"] == "application/json"
    assert delivery.event["record_type"] == "event"
    assert delivery.event["occurred_at"].endswith("Z") and len(delivery.event["occurred_at"]) == 27
    assert delivery.meta == {"attempt": 1, "delivered_to": carrier.receiver.url}


def test_the_keys_of_a_webhook_are_sorted(carrier: SimulatedCarrier) -> None:
    leg = carrier.dial("40")

    body = carrier.receiver.wait("call.hangup", leg=leg).body

    assert body == json.dumps(json.loads(body), sort_keys=True, separators=(",", ":")).encode()


def test_a_changed_webhook_does_not_pass_verification(carrier: SimulatedCarrier) -> None:
    leg = carrier.dial("40")
    delivery = carrier.receiver.wait("call.initiated", leg=leg)

    with pytest.raises(ValueError, match="Signature verification failed"):
        carrier.sdk.webhooks.unwrap(delivery.body.decode() + " ", headers=delivery.headers)


@pytest.mark.parametrize("status", [500, 503, 408, 429, 0])
def test_r26_a_failed_webhook_is_sent_again_after_a_second_of_real_time(carrier: SimulatedCarrier, status: int) -> None:
    _fail(carrier, "call.initiated", status)

    leg = carrier.dial("18")
    first, second = eventually(lambda: len(seen := _attempts(carrier, leg, "call.initiated")) == 2 and seen)

    assert second.at - first.at > 0.9
    assert first.event == second.event
    assert (first.meta["attempt"], second.meta["attempt"]) == (1, 2)
    assert int(second.headers["telnyx-timestamp"]) > int(first.headers["telnyx-timestamp"])
    assert second.headers["telnyx-signature-ed25519"] != first.headers["telnyx-signature-ed25519"]


@pytest.mark.parametrize("status", [400, 404, 302])
def test_another_4xx_or_a_redirect_loses_the_event(carrier: SimulatedCarrier, status: int) -> None:
    _fail(carrier, "call.initiated", status)

    leg = carrier.dial("18")

    account = eventually(lambda: carrier.account(leg)["webhooks"][0]["status"] == str(status) and carrier.account(leg))
    assert account["webhooks"][0]["attempts"] == 1


def test_no_answer_within_two_seconds_is_a_failure(carrier: SimulatedCarrier) -> None:
    released, slow = threading.Event(), []

    def answer(delivery: Delivery) -> int:
        if delivery.type == "call.initiated" and not slow:
            slow.append(delivery)
            released.wait(10)
        return 200

    carrier.receiver.answer = answer
    leg = carrier.dial("18")
    first, second = eventually(lambda: len(seen := _attempts(carrier, leg, "call.initiated")) == 2 and seen)
    released.set()

    assert second.at - first.at > 2.8


def test_the_retry_policy_of_the_dial_is_kept(carrier: SimulatedCarrier) -> None:
    _fail(carrier, "call.initiated", 500, 500, 500, 500, 500, 500)

    leg = carrier.dial("18", webhook_retries_policies={"call.initiated": {"retries_ms": [50, 100]}})

    eventually(lambda: carrier.account(leg)["webhooks"][0]["status"] == "500")
    attempts = _attempts(carrier, leg, "call.initiated")
    assert [delivery.meta["attempt"] for delivery in attempts] == [1, 2, 3]


def test_an_empty_retry_policy_means_one_try(carrier: SimulatedCarrier) -> None:
    _fail(carrier, "call.initiated", 500)

    leg = carrier.dial("18", webhook_retries_policies={"call.initiated": {"retries_ms": []}})

    eventually(lambda: carrier.account(leg)["webhooks"][0]["status"] == "500")
    assert len(_attempts(carrier, leg, "call.initiated")) == 1


def test_a_call_may_have_its_own_url_and_one_for_a_single_type(carrier: SimulatedCarrier) -> None:
    with webhook_receiver() as own, webhook_receiver() as ends:
        leg = carrier.dial("40", webhook_url=own.url, webhook_urls={"call.hangup": ends.url})

        ends.wait("call.hangup", leg=leg)
        own.wait("call.initiated", leg=leg)

    assert [delivery.type for delivery in own.deliveries] == ["call.initiated"]
    assert carrier.receiver.of(leg) == []


def test_each_of_several_urls_for_one_type_gets_the_webhook(carrier: SimulatedCarrier) -> None:
    with webhook_receiver() as one, webhook_receiver() as other:
        leg = carrier.dial("40", webhook_urls={"call.hangup": [one.url, other.url]})

        caught = [receiver.wait("call.hangup", leg=leg) for receiver in (one, other)]

    assert caught[0].event == caught[1].event
    assert [delivery.meta["delivered_to"] for delivery in caught] == [one.url, other.url]


def test_the_failover_url_gets_a_webhook_whose_own_url_failed_at_every_attempt() -> None:
    with webhook_receiver() as failover, simulated_carrier(time_scale=50, webhook_failover_url=failover.url) as carrier:
        _fail(carrier, "call.initiated", *[500] * 3)
        leg = carrier.dial("18", webhook_retries_policies={"call.initiated": {"retries_ms": [10, 10]}})

        caught = failover.wait("call.initiated", leg=leg)
        delivered = eventually(lambda: (webhook := carrier.account(leg)["webhooks"][0])["delivered_at"] and webhook)

    assert caught.meta == {"attempt": 4, "delivered_to": failover.url}
    assert caught.event == _attempts(carrier, leg, "call.initiated")[0].event
    assert (delivered["attempts"], delivered["status"]) == (4, "200")


def test_a_refused_webhook_does_not_go_to_the_failover_url() -> None:
    with webhook_receiver() as failover, simulated_carrier(time_scale=50, webhook_failover_url=failover.url) as carrier:
        _fail(carrier, "call.initiated", 400)
        leg = carrier.dial("18")

        eventually(lambda: carrier.account(leg)["webhooks"][0]["status"] == "400")

    assert failover.deliveries == []


def test_the_timeout_of_receivers_may_be_shorter() -> None:
    released = threading.Event()
    with simulated_carrier(time_scale=50, webhook_timeout=0.2) as carrier:
        carrier.receiver.answer = lambda delivery: (
            (released.wait(10) and 200) or 200 if delivery.type == "call.initiated" else 200
        )
        leg = carrier.dial("18", webhook_retries_policies={"call.initiated": {"retries_ms": [10]}})

        eventually(lambda: carrier.account(leg)["webhooks"][0]["status"] == "unreachable")
        released.set()

    assert len(_attempts(carrier, leg, "call.initiated")) == 2


def test_webhooks_do_not_wait_for_one_another(carrier: SimulatedCarrier) -> None:
    released, unanswered = threading.Event(), []

    def answer(delivery: Delivery) -> int:
        if delivery.type == "call.initiated":
            released.wait(10)
            unanswered.append(delivery)
        return 200

    carrier.receiver.answer = answer
    leg = carrier.dial("18")
    carrier.receiver.wait("call.answered", leg=leg)
    answered_before = not unanswered
    released.set()

    assert answered_before


def test_a_receiver_that_never_responds_delays_no_other() -> None:
    released = threading.Event()
    with simulated_carrier(time_scale=50, webhook_timeout=30, dials_per_5s=0) as carrier, webhook_receiver() as other:
        carrier.receiver.answer = lambda _delivery: 200 if released.wait(30) else 500
        for _ in range(AT_ONCE // 2 + 5):
            carrier.dial("40")
        eventually(lambda: len(carrier.receiver.deliveries) >= AT_ONCE, within=20)
        leg = carrier.dial("40", webhook_url=other.url)
        other.wait("call.hangup", leg=leg)
        stuck = len(carrier.receiver.deliveries)
        released.set()
        eventually(lambda: len(carrier.receiver.deliveries) == 2 * (AT_ONCE // 2 + 5), within=20)

    assert stuck == AT_ONCE


def test_paused_webhooks_are_sent_when_sending_resumes(carrier: SimulatedCarrier) -> None:
    carrier.simulator.control(hold_webhooks=True)
    leg = carrier.dial("40")
    eventually(lambda: carrier.account(leg)["state"] == "ended")
    held = len(carrier.receiver.of(leg))

    carrier.simulator.control(hold_webhooks=False)

    assert held == 0
    carrier.receiver.wait("call.hangup", leg=leg)


def test_a_cost_follows_the_hangup_where_that_is_set() -> None:
    with simulated_carrier(call_cost=True) as carrier:
        leg = carrier.talk("18")
        carrier.act(leg, "hangup")

        cost = carrier.receiver.wait("call.cost", leg=leg).payload

    assert (cost["billed_duration_secs"], cost["status"]) == (60, "success")
