"""The simulator as a program: how it starts, stops, and repeats itself for a seed."""

from __future__ import annotations

import signal
import socket

import pytest
import requests

from tests.support.desk import CALLER, CONNECTION, Desk, desk
from tests.support.poll import eventually
from tests.support.simulator import simulator

_NUMBERS = [f"+1415666{n:04d}" for n in range(30)]


def test_it_tells_its_address_and_answers_health() -> None:
    with simulator() as running:
        assert requests.get(f"{running.url}/healthz", timeout=5).json() == {"status": "ok", "live": 0}


@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_when_it_is_told_to_even_with_calls_up(sig: signal.Signals) -> None:
    with desk(time_scale=1) as table:
        table.dial("42")

        assert table.simulator.stop(sig=sig) == 0


def test_it_listens_on_the_port_it_is_given() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    with simulator(port=port) as running:
        assert running.url == f"http://127.0.0.1:{port}"


def test_any_key_and_connection_will_do_when_none_is_configured() -> None:
    with desk(api_key=None) as table:
        answer = table.post("/calls", {"connection_id": "9", "from": CALLER, "to": _NUMBERS[0]}, key="KEYanything")

    assert answer.status_code == 200


def _outcomes(table: Desk) -> list[tuple[object, ...]]:
    for to in _NUMBERS:
        table.post(
            "/calls",
            {
                "connection_id": CONNECTION,
                "from": CALLER,
                "to": to,
                "answering_machine_detection": "premium",
                "timeout_secs": 10,
            },
        )
    eventually(lambda: table.simulator.summary()["live"] == 0, within=20)
    rows = {row["to"]: row for row in table.simulator.ledger()["dials"]}
    return [
        (
            to,
            rows[to]["callee"],
            rows[to]["hangup_cause"],
            rows[to]["amd"],
            [told["type"] for told in rows[to]["webhooks"]],
        )
        for to in _NUMBERS
        if to in rows
    ]


def test_the_same_seed_tells_the_same_story() -> None:
    stories = []
    for _ in range(2):
        with desk(cards=False, seed=11, time_scale=400, faults={"error_before": 0.2, "webhook_lose": 0.1}) as table:
            stories.append(_outcomes(table))

    assert stories[0] == stories[1]
    assert 0 < len(stories[0]) < len(_NUMBERS)


def test_another_seed_tells_another_story() -> None:
    with desk(cards=False, seed=12, time_scale=400) as first, desk(cards=False, seed=13, time_scale=400) as second:
        assert _outcomes(first) != _outcomes(second)


def test_two_runs_never_share_an_id() -> None:
    ids = []
    for _ in range(2):
        with desk() as table:
            ids.append(table.dial("40"))

    assert ids[0] != ids[1]
