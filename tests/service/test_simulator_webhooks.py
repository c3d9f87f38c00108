"""How webhooks are sent: signed, sorted, to the right place, again when they fail."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator

import pytest

from simulator.webhooks.delivery_slots import AT_ONCE
from tests.support.desk import Desk, desk
from tests.support.poll import eventually
from tests.support.webhook_receiver import Delivery, webhook_receiver

_SIGNING_SEED = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"


@pytest.fixture(scope="module")
def table() -> Iterator[Desk]:
    with desk(time_scale=50, signing_seed=_SIGNING_SEED) as table:
        yield table


@pytest.fixture(autouse=True)
def _answers_are_ok_again(table: Desk) -> Iterator[None]:
    yield
    table.receiver.answer = lambda _delivery: 200


def _attempts(table: Desk, leg: str, event_type: str) -> list[Delivery]:
    return [d for d in tuple(table.receiver.deliveries) if d.payload["call_control_id"] == leg and d.type == event_type]


def _fail(table: Desk, event_type: str, *statuses: int) -> None:
    """Answer the first deliveries of this type with these statuses, everything else with 200."""
    left = list(statuses)

    def answer(delivery: Delivery) -> int:
        return left.pop(0) if delivery.type == event_type and left else 200

    table.receiver.answer = answer


def test_the_signing_seed_fixes_the_public_key(table: Desk) -> None:
    assert table.simulator.public_key == "A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg="


def test_a_webhook_has_the_carriers_envelope_and_headers(table: Desk) -> None:
    leg = table.dial("40")

    delivery = table.receiver.wait("call.initiated", leg=leg)

    assert delivery.headers["user-agent"] == "telnyx-webhooks"
    assert delivery.headers["content-type"] == "application/json"
    assert delivery.event["record_type"] == "event"
    assert delivery.event["occurred_at"].endswith("Z") and len(delivery.event["occurred_at"]) == 27
    assert delivery.meta == {"attempt": 1, "delivered_to": table.receiver.url}


def test_the_keys_of_a_webhook_are_sorted(table: Desk) -> None:
    leg = table.dial("40")

    body = table.receiver.wait("call.hangup", leg=leg).body

    assert body == json.dumps(json.loads(body), sort_keys=True, separators=(",", ":")).encode()


def test_a_changed_webhook_does_not_pass_verification(table: Desk) -> None:
    leg = table.dial("40")
    delivery = table.receiver.wait("call.initiated", leg=leg)

    with pytest.raises(ValueError, match="Signature verification failed"):
        table.sdk.webhooks.unwrap(delivery.body.decode() + " ", headers=delivery.headers)


@pytest.mark.parametrize("status", [500, 503, 408, 429, 0])
def test_r26_a_failed_webhook_comes_again_after_a_real_second(table: Desk, status: int) -> None:
    _fail(table, "call.initiated", status)

    leg = table.dial("18")
    first, second = eventually(lambda: len(seen := _attempts(table, leg, "call.initiated")) == 2 and seen)

    assert second.at - first.at > 0.9
    assert first.event == second.event
    assert (first.meta["attempt"], second.meta["attempt"]) == (1, 2)
    assert int(second.headers["telnyx-timestamp"]) > int(first.headers["telnyx-timestamp"])
    assert second.headers["telnyx-signature-ed25519"] != first.headers["telnyx-signature-ed25519"]


@pytest.mark.parametrize("status", [400, 404, 302])
def test_another_4xx_or_a_redirect_loses_the_event(table: Desk, status: int) -> None:
    _fail(table, "call.initiated", status)

    leg = table.dial("18")

    notice = eventually(lambda: table.account(leg)["webhooks"][0]["status"] == str(status) and table.account(leg))
    assert notice["webhooks"][0]["attempts"] == 1


def test_no_answer_within_two_seconds_is_a_failure(table: Desk) -> None:
    released, slow = threading.Event(), []

    def answer(delivery: Delivery) -> int:
        if delivery.type == "call.initiated" and not slow:
            slow.append(delivery)
            released.wait(10)
        return 200

    table.receiver.answer = answer
    leg = table.dial("18")
    first, second = eventually(lambda: len(seen := _attempts(table, leg, "call.initiated")) == 2 and seen)
    released.set()

    assert second.at - first.at > 2.8


def test_the_retry_policy_of_the_dial_is_kept(table: Desk) -> None:
    _fail(table, "call.initiated", 500, 500, 500, 500, 500, 500)

    leg = table.dial("18", webhook_retries_policies={"call.initiated": {"retries_ms": [50, 100]}})

    eventually(lambda: table.account(leg)["webhooks"][0]["status"] == "500")
    attempts = _attempts(table, leg, "call.initiated")
    assert [delivery.meta["attempt"] for delivery in attempts] == [1, 2, 3]


def test_an_empty_retry_policy_means_one_try(table: Desk) -> None:
    _fail(table, "call.initiated", 500)

    leg = table.dial("18", webhook_retries_policies={"call.initiated": {"retries_ms": []}})

    eventually(lambda: table.account(leg)["webhooks"][0]["status"] == "500")
    assert len(_attempts(table, leg, "call.initiated")) == 1


def test_a_call_may_name_its_own_address_and_one_for_a_single_type(table: Desk) -> None:
    with webhook_receiver() as own, webhook_receiver() as ends:
        leg = table.dial("40", webhook_url=own.url, webhook_urls={"call.hangup": ends.url})

        ends.wait("call.hangup", leg=leg)
        own.wait("call.initiated", leg=leg)

    assert [delivery.type for delivery in own.deliveries] == ["call.initiated"]
    assert table.receiver.of(leg) == []


def test_each_of_several_addresses_for_a_single_type_is_told(table: Desk) -> None:
    with webhook_receiver() as one, webhook_receiver() as other:
        leg = table.dial("40", webhook_urls={"call.hangup": [one.url, other.url]})

        caught = [receiver.wait("call.hangup", leg=leg) for receiver in (one, other)]

    assert caught[0].event == caught[1].event
    assert [delivery.meta["delivered_to"] for delivery in caught] == [one.url, other.url]


def test_when_the_own_address_fails_at_every_try_the_failover_address_gets_the_webhook() -> None:
    with webhook_receiver() as failover, desk(time_scale=50, webhook_failover_url=failover.url) as table:
        _fail(table, "call.initiated", *[500] * 3)
        leg = table.dial("18", webhook_retries_policies={"call.initiated": {"retries_ms": [10, 10]}})

        caught = failover.wait("call.initiated", leg=leg)
        told = eventually(lambda: (notice := table.account(leg)["webhooks"][0])["delivered_at"] and notice)

    assert caught.meta == {"attempt": 4, "delivered_to": failover.url}
    assert caught.event == _attempts(table, leg, "call.initiated")[0].event
    assert (told["attempts"], told["status"]) == (4, "200")


def test_a_refused_webhook_does_not_go_to_the_failover_address() -> None:
    with webhook_receiver() as failover, desk(time_scale=50, webhook_failover_url=failover.url) as table:
        _fail(table, "call.initiated", 400)
        leg = table.dial("18")

        eventually(lambda: table.account(leg)["webhooks"][0]["status"] == "400")

    assert failover.deliveries == []


def test_a_receiver_may_have_less_time() -> None:
    released = threading.Event()
    with desk(time_scale=50, webhook_timeout=0.2) as table:
        table.receiver.answer = lambda delivery: (
            (released.wait(10) and 200) or 200 if delivery.type == "call.initiated" else 200
        )
        leg = table.dial("18", webhook_retries_policies={"call.initiated": {"retries_ms": [10]}})

        eventually(lambda: table.account(leg)["webhooks"][0]["status"] == "unreachable")
        released.set()

    assert len(_attempts(table, leg, "call.initiated")) == 2


def test_webhooks_do_not_wait_for_one_another(table: Desk) -> None:
    released, unanswered = threading.Event(), []

    def answer(delivery: Delivery) -> int:
        if delivery.type == "call.initiated":
            released.wait(10)
            unanswered.append(delivery)
        return 200

    table.receiver.answer = answer
    leg = table.dial("18")
    table.receiver.wait("call.answered", leg=leg)
    answered_before = not unanswered
    released.set()

    assert answered_before


def test_a_receiver_that_never_answers_holds_up_no_other() -> None:
    released = threading.Event()
    with desk(time_scale=50, webhook_timeout=30, dials_per_5s=0) as table, webhook_receiver() as other:
        table.receiver.answer = lambda _delivery: 200 if released.wait(30) else 500
        for _ in range(AT_ONCE // 2 + 5):
            table.dial("40")
        eventually(lambda: len(table.receiver.deliveries) >= AT_ONCE, within=20)
        leg = table.dial("40", webhook_url=other.url)
        other.wait("call.hangup", leg=leg)
        stuck = len(table.receiver.deliveries)
        released.set()
        eventually(lambda: len(table.receiver.deliveries) == 2 * (AT_ONCE // 2 + 5), within=20)

    assert stuck == AT_ONCE


def test_held_webhooks_come_when_they_are_let_go(table: Desk) -> None:
    table.simulator.control(hold_webhooks=True)
    leg = table.dial("40")
    eventually(lambda: table.account(leg)["state"] == "ended")
    held = len(table.receiver.of(leg))

    table.simulator.control(hold_webhooks=False)

    assert held == 0
    table.receiver.wait("call.hangup", leg=leg)


def test_a_cost_follows_the_hangup_where_it_is_asked_for() -> None:
    with desk(call_cost=True) as table:
        leg = table.talk("18")
        table.act(leg, "hangup")

        cost = table.receiver.wait("call.cost", leg=leg).payload

    assert (cost["billed_duration_secs"], cost["status"]) == (60, "success")
