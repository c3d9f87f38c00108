"""Injected faults: each has its effect, and no other."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from tests.support.poll import eventually
from tests.support.simulated_carrier import CALLER, CONNECTION, SimulatedCarrier, number, simulated_carrier

_DIAL = {"connection_id": CONNECTION, "from": CALLER, "to": number("18")}


@pytest.fixture(scope="module")
def shared() -> Iterator[SimulatedCarrier]:
    with simulated_carrier(time_scale=50) as carrier:
        yield carrier


@pytest.fixture
def carrier(shared: SimulatedCarrier) -> Iterator[SimulatedCarrier]:
    yield shared
    shared.simulator.set_faults()


def _dial(carrier: SimulatedCarrier, command_id: str) -> dict[str, Any] | None:
    return next((row for row in carrier.simulator.ledger()["dials"] if row["command_id"] == command_id), None)


def _started(carrier: SimulatedCarrier, command_id: str) -> bool:
    return _dial(carrier, command_id) is not None


@pytest.mark.parametrize(("fault", "status", "code"), [("refuse_429", 429, "90103"), ("error_before", 500, "10007")])
def test_a_refusal_before_acceptance_starts_nothing(
    carrier: SimulatedCarrier, fault: str, status: int, code: str
) -> None:
    carrier.simulator.set_faults(**{fault: 1})

    answer = carrier.post("/calls", {**_DIAL, "command_id": fault})

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (status, code)
    assert not _started(carrier, fault)


def test_an_error_after_acceptance_has_started_the_call(carrier: SimulatedCarrier) -> None:
    carrier.simulator.set_faults(error_after=1)

    answer = carrier.post("/calls", {**_DIAL, "command_id": "error-after"})

    assert answer.status_code == 500
    assert _started(carrier, "error-after")


@pytest.mark.parametrize(("fault", "starts"), [("reset_before", False), ("reset_after", True)])
def test_a_reset_cuts_the_connection(carrier: SimulatedCarrier, fault: str, starts: bool) -> None:
    carrier.simulator.set_faults(**{fault: 1})

    with pytest.raises(requests.ConnectionError):
        carrier.post("/calls", {**_DIAL, "command_id": fault})

    assert _started(carrier, fault) is starts


@pytest.mark.parametrize(("fault", "starts", "status"), [("hang_before", False, 503), ("hang", True, 200)])
def test_a_hang_responds_late(carrier: SimulatedCarrier, fault: str, starts: bool, status: int) -> None:
    carrier.simulator.set_faults(**{fault: 1}, hang_s=0.3)

    asked = time.monotonic()
    answer = carrier.post("/calls", {**_DIAL, "command_id": fault})

    assert time.monotonic() - asked >= 0.3
    assert (answer.status_code, _started(carrier, fault)) == (status, starts)


def test_a_repeat_after_an_unanswered_dial_finds_the_same_call(carrier: SimulatedCarrier) -> None:
    carrier.simulator.set_faults(error_after=1)
    carrier.post("/calls", {**_DIAL, "command_id": "unanswered"})
    carrier.simulator.set_faults()

    answer = carrier.post("/calls", {**_DIAL, "command_id": "unanswered"})

    rows = [row for row in carrier.simulator.ledger()["dials"] if row["command_id"] == "unanswered"]
    assert [row["call_control_id"] for row in rows] == [answer.json()["data"]["call_control_id"]]


def test_faults_may_apply_to_dials_only(carrier: SimulatedCarrier) -> None:
    carrier.simulator.set_faults(error_before=1, on=["dial"])
    dialed = carrier.post("/calls", _DIAL)
    carrier.simulator.set_faults(error_before=1, on=["actions"])

    leg = carrier.dial("18")

    assert dialed.status_code == 500
    assert carrier.act(leg, "hangup").status_code == 500


def test_one_number_may_have_its_own_faults(carrier: SimulatedCarrier) -> None:
    carrier.simulator.set_faults(numbers={number("01"): {"refuse": "D41"}})

    refused, taken = carrier.post("/calls", {**_DIAL, "to": number("01")}), carrier.post("/calls", _DIAL)

    assert (refused.status_code, taken.status_code) == (403, 200)


def test_a_webhook_may_arrive_before_a_slow_response(carrier: SimulatedCarrier) -> None:
    carrier.simulator.set_faults(action_latency_ms=10, hang=1, hang_s=600, on=["dial"])

    with ThreadPoolExecutor(1) as asking:
        answer = asking.submit(carrier.post, "/calls", {**_DIAL, "command_id": "slow"}, timeout=3)
        row = eventually(lambda: _dial(carrier, "slow"))
        assert row is not None
        carrier.receiver.wait("call.initiated", leg=row["call_control_id"])
        with pytest.raises(requests.Timeout):
            answer.result()


def test_a_repeated_webhook_is_sent_twice_with_the_same_id(carrier: SimulatedCarrier) -> None:
    carrier.simulator.set_faults(webhook_repeat=1)

    leg = carrier.dial("40")

    hangups = eventually(
        lambda: len(seen := [d for d in carrier.receiver.of(leg) if d.type == "call.hangup"]) == 2 and seen
    )
    assert hangups[0].event == hangups[1].event
    assert hangups[0].meta["attempt"] == hangups[1].meta["attempt"] == 1


def test_a_lost_webhook_never_comes(carrier: SimulatedCarrier) -> None:
    carrier.simulator.set_faults(webhook_lose=1)

    leg = carrier.dial("40")

    account = eventually(lambda: (row := carrier.account(leg))["state"] == "ended" and row)
    assert [webhook["status"] for webhook in account["webhooks"]] == ["lost", "lost"]
    assert carrier.receiver.of(leg) == []


def test_a_hangup_webhook_may_never_be_sent(carrier: SimulatedCarrier) -> None:
    carrier.simulator.set_faults(never_tell_hangup=1)

    leg = carrier.dial("40")

    account = eventually(lambda: (row := carrier.account(leg))["state"] == "ended" and row)
    assert account["webhooks"][-1]["status"] == "lost"
    carrier.receiver.wait("call.initiated", leg=leg)


def test_delayed_webhooks_overtake_one_another(carrier: SimulatedCarrier) -> None:
    carrier.simulator.set_faults(webhook_delay=0.5, webhook_delay_ms=400)

    legs = [carrier.dial("40") for _ in range(12)]
    for leg in legs:
        carrier.receiver.wait("call.hangup", leg=leg)
        carrier.receiver.wait("call.initiated", leg=leg)

    arrivals = [[d.type for d in sorted(carrier.receiver.of(leg), key=lambda d: d.at)] for leg in legs]
    assert ["call.hangup", "call.initiated"] in arrivals
    assert ["call.initiated", "call.hangup"] in arrivals


def test_a_reordered_webhook_arrives_after_the_next_one(carrier: SimulatedCarrier) -> None:
    carrier.simulator.set_faults(webhook_reorder=1)

    leg = carrier.dial("40")
    carrier.receiver.wait("call.initiated", leg=leg)

    arrived = sorted(carrier.receiver.of(leg), key=lambda delivery: delivery.at)
    assert [delivery.type for delivery in arrived] == ["call.hangup", "call.initiated"]


def test_a_reordered_webhook_without_a_next_one_is_sent_alone(carrier: SimulatedCarrier) -> None:
    carrier.simulator.set_faults(webhook_reorder=1)

    leg = carrier.dial("42", timeout_secs=600)

    carrier.receiver.wait("call.initiated", leg=leg)
    assert carrier.receiver.types(leg) == ["call.initiated"]
    carrier.act(leg, "hangup")


@pytest.mark.parametrize("status", [502, 503, 504])
def test_an_error_may_have_another_status(carrier: SimulatedCarrier, status: int) -> None:
    carrier.simulator.set_faults(error_before=1, error_status=status)

    assert carrier.post("/calls", _DIAL).status_code == status


@pytest.mark.parametrize("last_digits", ["65", "66"])
def test_a_test_number_may_fail_every_command_on_its_call(carrier: SimulatedCarrier, last_digits: str) -> None:
    leg = carrier.talk(last_digits)

    assert carrier.act(leg, "hangup").status_code == 500
    assert carrier.account(leg)["state"] == ("answered" if last_digits == "65" else "ended")


@pytest.mark.parametrize(("last_digits", "status"), [("63", 429), ("64", 503), ("72", 500), ("75", 500)])
def test_a_test_number_may_inject_a_fault(carrier: SimulatedCarrier, last_digits: str, status: int) -> None:
    assert carrier.post("/calls", {**_DIAL, "to": number(last_digits)}).status_code == status


def test_a_carrier_that_is_down_refuses_everything_under_v2(carrier: SimulatedCarrier) -> None:
    carrier.simulator.control(down=True)
    try:
        answer = carrier.post("/calls", _DIAL)
    finally:
        carrier.simulator.control(down=False)

    assert answer.status_code == 503
    assert carrier.get("/public_key").status_code == 200


def test_a_carrier_may_refuse_connections_for_a_while_and_keeps_its_calls(carrier: SimulatedCarrier) -> None:
    leg = carrier.talk("18")
    carrier.simulator.control(refuse_for_s=0.5)

    def is_refused() -> bool:
        try:
            carrier.get(f"/calls/{leg}")
        except requests.ConnectionError:
            return True
        return False

    eventually(is_refused)
    eventually(lambda: not is_refused())
    assert carrier.get(f"/calls/{leg}").json()["data"]["is_alive"] is True


def test_a_wrong_clock_shows_in_the_date_header(carrier: SimulatedCarrier) -> None:
    carrier.simulator.control(clock_skew_s=86_400)
    try:
        skewed = carrier.get("/public_key").headers["Date"]
    finally:
        carrier.simulator.control(clock_skew_s=0)

    assert skewed != carrier.get("/public_key").headers["Date"]


@pytest.mark.parametrize("wrong", [{"webhook_lose": 2}, {"unheard_of": 1}, {"numbers": {"+1": {"unheard_of": 1}}}])
def test_wrong_faults_are_refused_and_change_nothing(carrier: SimulatedCarrier, wrong: dict[str, object]) -> None:
    carrier.simulator.set_faults(webhook_repeat=0.25)

    answer = requests.post(f"{carrier.simulator.url}/faults", json=wrong, timeout=5)

    assert answer.status_code == 400
    assert requests.get(f"{carrier.simulator.url}/faults", timeout=5).json()["webhook_repeat"] == 0.25
