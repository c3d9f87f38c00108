"""The simulator as a program: start, stop, and the same outcomes for the same seed."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys

import pytest
import requests
from telnyx import Telnyx

from tests.support.poll import eventually
from tests.support.simulated_carrier import CALLER, CONNECTION, SimulatedCarrier, number, simulated_carrier
from tests.support.simulator import simulator

_NUMBERS = [f"+1415666{n:04d}" for n in range(30)]


def test_it_prints_its_address_and_responds_to_health_checks() -> None:
    with simulator() as running:
        assert requests.get(f"{running.url}/healthz", timeout=5).json() == {"status": "ok", "live": 0}


@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_on_a_signal_even_with_live_calls(sig: signal.Signals) -> None:
    with simulated_carrier(time_scale=1) as carrier:
        carrier.dial("42")

        assert carrier.simulator.stop(sig=sig) == 0


def test_it_listens_on_the_port_it_is_given() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    with simulator(port=port) as running:
        assert running.url == f"http://127.0.0.1:{port}"


def test_any_key_and_connection_are_accepted_when_none_is_configured() -> None:
    with simulated_carrier(api_key=None) as carrier:
        answer = carrier.post("/calls", {"connection_id": "9", "from": CALLER, "to": _NUMBERS[0]}, key="KEYanything")

    assert answer.status_code == 200


def test_a_program_that_uses_the_sdk_needs_nothing_but_its_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    with simulated_carrier(api_key="KEYtest") as carrier:
        monkeypatch.setenv("TELNYX_BASE_URL", carrier.simulator.base_url)
        monkeypatch.setenv("TELNYX_API_KEY", "KEYtest")
        monkeypatch.setenv("TELNYX_PUBLIC_KEY", carrier.simulator.public_key)

        with Telnyx() as program:
            call = program.calls.dial(connection_id=CONNECTION, from_=CALLER, to=number("18")).data
            assert call is not None
            webhook = carrier.receiver.wait("call.answered", leg=call.call_control_id)
            event = program.webhooks.unwrap(webhook.body.decode(), headers=webhook.headers)
            program.calls.actions.hangup(call.call_control_id)

    assert type(event).__name__ == "CallAnsweredWebhookEvent"


def test_an_unknown_fault_is_named_before_anything_starts() -> None:
    started = subprocess.run(
        [sys.executable, "-m", "simulator", "--faults", '{"webhook_lost": 0.1}'], capture_output=True, text=True
    )

    assert started.returncode == 2
    assert "webhook_lost: there is no such fault; did you mean webhook_lose?" in started.stderr


def _outcomes(carrier: SimulatedCarrier) -> list[tuple[object, ...]]:
    for to in _NUMBERS:
        carrier.post(
            "/calls",
            {
                "connection_id": CONNECTION,
                "from": CALLER,
                "to": to,
                "answering_machine_detection": "premium",
                "timeout_secs": 10,
            },
        )
    eventually(lambda: carrier.simulator.summary()["live"] == 0, within=20)
    rows = {row["to"]: row for row in carrier.simulator.ledger()["dials"]}
    return [
        (
            to,
            rows[to]["callee"],
            rows[to]["hangup_cause"],
            rows[to]["amd"],
            [webhook["type"] for webhook in rows[to]["webhooks"]],
        )
        for to in _NUMBERS
        if to in rows
    ]


def test_the_same_seed_gives_the_same_outcomes() -> None:
    outcomes = []
    for _ in range(2):
        with simulated_carrier(
            cards=False, seed=11, time_scale=400, faults={"error_before": 0.2, "webhook_lose": 0.1}
        ) as carrier:
            outcomes.append(_outcomes(carrier))

    assert outcomes[0] == outcomes[1]
    assert 0 < len(outcomes[0]) < len(_NUMBERS)


def test_another_seed_gives_other_outcomes() -> None:
    with (
        simulated_carrier(cards=False, seed=12, time_scale=400) as first,
        simulated_carrier(cards=False, seed=13, time_scale=400) as second,
    ):
        assert _outcomes(first) != _outcomes(second)


def test_two_runs_never_share_an_id() -> None:
    ids = []
    for _ in range(2):
        with simulated_carrier() as carrier:
            ids.append(carrier.dial("40"))

    assert ids[0] != ids[1]
