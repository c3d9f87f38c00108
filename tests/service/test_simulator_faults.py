"""Faults on purpose: each does what its name says, and no more."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
import requests

from tests.support.desk import CALLER, CONNECTION, Desk, desk, number
from tests.support.poll import eventually

_DIAL = {"connection_id": CONNECTION, "from": CALLER, "to": number("18")}


@pytest.fixture(scope="module")
def shared() -> Iterator[Desk]:
    with desk(time_scale=50) as table:
        yield table


@pytest.fixture
def table(shared: Desk) -> Iterator[Desk]:
    yield shared
    shared.simulator.set_faults()


def _started(table: Desk, command_id: str) -> bool:
    return any(row["command_id"] == command_id for row in table.simulator.ledger()["dials"])


@pytest.mark.parametrize(("fault", "status", "code"), [("refuse_429", 429, "90103"), ("error_before", 500, "10007")])
def test_a_refusal_before_acceptance_starts_nothing(table: Desk, fault: str, status: int, code: str) -> None:
    table.simulator.set_faults(**{fault: 1})

    answer = table.post("/calls", {**_DIAL, "command_id": fault})

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (status, code)
    assert not _started(table, fault)


def test_an_error_after_acceptance_has_started_the_call(table: Desk) -> None:
    table.simulator.set_faults(error_after=1)

    answer = table.post("/calls", {**_DIAL, "command_id": "error-after"})

    assert answer.status_code == 500
    assert _started(table, "error-after")


@pytest.mark.parametrize(("fault", "starts"), [("reset_before", False), ("reset_after", True)])
def test_a_reset_cuts_the_connection(table: Desk, fault: str, starts: bool) -> None:
    table.simulator.set_faults(**{fault: 1})

    with pytest.raises(requests.ConnectionError):
        table.post("/calls", {**_DIAL, "command_id": fault})

    assert _started(table, fault) is starts


@pytest.mark.parametrize(("fault", "starts", "status"), [("hang_before", False, 503), ("hang", True, 200)])
def test_a_hang_answers_late(table: Desk, fault: str, starts: bool, status: int) -> None:
    table.simulator.set_faults(**{fault: 1}, hang_s=0.3)

    asked = time.monotonic()
    answer = table.post("/calls", {**_DIAL, "command_id": fault})

    assert time.monotonic() - asked >= 0.3
    assert (answer.status_code, _started(table, fault)) == (status, starts)


def test_a_repeat_after_an_unanswered_dial_finds_the_same_call(table: Desk) -> None:
    table.simulator.set_faults(error_after=1)
    table.post("/calls", {**_DIAL, "command_id": "unanswered"})
    table.simulator.set_faults()

    answer = table.post("/calls", {**_DIAL, "command_id": "unanswered"})

    rows = [row for row in table.simulator.ledger()["dials"] if row["command_id"] == "unanswered"]
    assert [row["call_control_id"] for row in rows] == [answer.json()["data"]["call_control_id"]]


def test_faults_may_spare_the_actions(table: Desk) -> None:
    table.simulator.set_faults(error_before=1, on=["dial"])
    dialed = table.post("/calls", _DIAL)
    table.simulator.set_faults(error_before=1, on=["actions"])

    leg = table.dial("18")

    assert dialed.status_code == 500
    assert table.act(leg, "hangup").status_code == 500


def test_one_number_may_have_its_own_faults(table: Desk) -> None:
    table.simulator.set_faults(numbers={number("01"): {"refuse": "D41"}})

    refused, taken = table.post("/calls", {**_DIAL, "to": number("01")}), table.post("/calls", _DIAL)

    assert (refused.status_code, taken.status_code) == (403, 200)


def test_a_slow_answer_is_overtaken_by_its_own_webhook(table: Desk) -> None:
    table.simulator.set_faults(action_latency_ms=10, hang=1, hang_s=0.5, on=["dial"])

    table.post("/calls", {**_DIAL, "command_id": "slow"})
    answered = time.monotonic()

    row = next(row for row in table.simulator.ledger()["dials"] if row["command_id"] == "slow")
    assert table.receiver.wait("call.initiated", leg=row["call_control_id"]).at < answered


def test_a_repeated_webhook_comes_twice_with_the_same_id(table: Desk) -> None:
    table.simulator.set_faults(webhook_repeat=1)

    leg = table.dial("40")

    hangups = eventually(
        lambda: len(seen := [d for d in table.receiver.of(leg) if d.type == "call.hangup"]) == 2 and seen
    )
    assert hangups[0].event == hangups[1].event
    assert hangups[0].meta["attempt"] == hangups[1].meta["attempt"] == 1


def test_a_lost_webhook_never_comes(table: Desk) -> None:
    table.simulator.set_faults(webhook_lose=1)

    leg = table.dial("40")

    account = eventually(lambda: (row := table.account(leg))["state"] == "ended" and row)
    assert [told["status"] for told in account["webhooks"]] == ["lost", "lost"]
    assert table.receiver.of(leg) == []


def test_a_hangup_may_never_be_told(table: Desk) -> None:
    table.simulator.set_faults(never_tell_hangup=1)

    leg = table.dial("40")

    account = eventually(lambda: (row := table.account(leg))["state"] == "ended" and row)
    assert account["webhooks"][-1]["status"] == "lost"
    table.receiver.wait("call.initiated", leg=leg)


def test_delayed_webhooks_overtake_one_another(table: Desk) -> None:
    table.simulator.set_faults(webhook_delay=0.5, webhook_delay_ms=400)

    legs = [table.dial("40") for _ in range(12)]
    for leg in legs:
        table.receiver.wait("call.hangup", leg=leg)
        table.receiver.wait("call.initiated", leg=leg)

    arrivals = [[d.type for d in sorted(table.receiver.of(leg), key=lambda d: d.at)] for leg in legs]
    assert ["call.hangup", "call.initiated"] in arrivals
    assert ["call.initiated", "call.hangup"] in arrivals


def test_a_reordered_webhook_comes_after_the_one_that_follows_it(table: Desk) -> None:
    table.simulator.set_faults(webhook_reorder=1)

    leg = table.dial("40")
    table.receiver.wait("call.initiated", leg=leg)

    arrived = sorted(table.receiver.of(leg), key=lambda delivery: delivery.at)
    assert [delivery.type for delivery in arrived] == ["call.hangup", "call.initiated"]


def test_a_reordered_webhook_that_nothing_follows_comes_alone(table: Desk) -> None:
    table.simulator.set_faults(webhook_reorder=1)

    leg = table.dial("42", timeout_secs=600)

    table.receiver.wait("call.initiated", leg=leg)
    assert table.receiver.types(leg) == ["call.initiated"]
    table.act(leg, "hangup")


@pytest.mark.parametrize("status", [502, 503, 504])
def test_an_error_may_have_another_status(table: Desk, status: int) -> None:
    table.simulator.set_faults(error_before=1, error_status=status)

    assert table.post("/calls", _DIAL).status_code == status


@pytest.mark.parametrize("card", ["65", "66"])
def test_a_card_may_break_every_command_on_its_call(table: Desk, card: str) -> None:
    leg = table.talk(card)

    assert table.act(leg, "hangup").status_code == 500
    assert table.account(leg)["state"] == ("answered" if card == "65" else "ended")


@pytest.mark.parametrize(("card", "status"), [("63", 429), ("64", 503), ("72", 500), ("75", 500)])
def test_a_card_may_carry_a_fault(table: Desk, card: str, status: int) -> None:
    assert table.post("/calls", {**_DIAL, "to": number(card)}).status_code == status


def test_a_carrier_that_is_down_refuses_everything_under_v2(table: Desk) -> None:
    table.simulator.control(down=True)
    try:
        answer = table.post("/calls", _DIAL)
    finally:
        table.simulator.control(down=False)

    assert answer.status_code == 503
    assert table.get("/public_key").status_code == 200


def test_a_carrier_may_refuse_connections_for_a_while_and_keeps_its_calls(table: Desk) -> None:
    leg = table.talk("18")
    table.simulator.control(refuse_for_s=0.5)

    def is_refused() -> bool:
        try:
            table.get(f"/calls/{leg}")
        except requests.ConnectionError:
            return True
        return False

    eventually(is_refused)
    eventually(lambda: not is_refused())
    assert table.get(f"/calls/{leg}").json()["data"]["is_alive"] is True


def test_a_wrong_clock_shows_in_the_date_header(table: Desk) -> None:
    table.simulator.control(clock_skew_s=86_400)
    try:
        skewed = table.get("/public_key").headers["Date"]
    finally:
        table.simulator.control(clock_skew_s=0)

    assert skewed != table.get("/public_key").headers["Date"]


@pytest.mark.parametrize("wrong", [{"webhook_lose": 2}, {"unheard_of": 1}, {"numbers": {"+1": {"unheard_of": 1}}}])
def test_wrong_faults_are_refused_and_change_nothing(table: Desk, wrong: dict[str, object]) -> None:
    table.simulator.set_faults(webhook_repeat=0.25)

    answer = requests.post(f"{table.simulator.url}/faults", json=wrong, timeout=5)

    assert answer.status_code == 400
    assert requests.get(f"{table.simulator.url}/faults", timeout=5).json()["webhook_repeat"] == 0.25
