"""`orchestrator doctor` as a person runs it: what stands on the screen, and the exit status."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from orchestrator.local_stack.data_folder import SIMULATOR, Binding, DataFolder, write_private
from orchestrator.local_stack.environment import SIMULATED_CONNECTION
from orchestrator.settings import child_environment
from tests.support.simulator import SimulatorProcess, simulator
from tests.support.stub_http import Answer, stub_http

_NUMBER = "+13125550100"
Doctor = Callable[..., subprocess.CompletedProcess[str]]


def _our_door(path: str) -> Answer:
    return 200, {"status": "ok", "nonce": parse_qs(urlsplit(path).query).get("nonce", [""])[0]}


@pytest.fixture(scope="module")
def door() -> Iterator[str]:
    with stub_http(_our_door) as address:
        yield address


@pytest.fixture(scope="module")
def carrier(door: str) -> Iterator[SimulatorProcess]:
    with simulator(webhook_url=f"{door}/webhooks/telnyx", connection_id=SIMULATED_CONNECTION) as running:
        yield running


@pytest.fixture
def doctor(carrier: SimulatorProcess, door: str, redis_url: str, database_url: str, tmp_path: Path) -> Doctor:
    """Return the command, with everything set as it should be unless variables say otherwise."""
    right = {
        "TELNYX_BASE_URL": carrier.base_url,
        "TELNYX_API_KEY": carrier.api_key,
        "TELNYX_PUBLIC_KEY": carrier.public_key,
        "TELNYX_CONNECTION_ID": SIMULATED_CONNECTION,
        "ORCHESTRATOR_PUBLIC_URL": door,
        "ORCHESTRATOR_CALLER_ID": _NUMBER,
        "ORCHESTRATOR_REDIS_URL": redis_url,
        "ORCHESTRATOR_DATABASE_URL": database_url,
        "ORCHESTRATOR_RECORDINGS_DIR": str(tmp_path / "recordings"),
    }

    def run(*more: str, folder: Path = tmp_path / "data", **variables: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", "from orchestrator.cli.app import app; app()", "doctor"]
        words = [*command, "--data", str(folder), *more]
        env = child_environment(right | variables)
        return subprocess.run(words, env=env, capture_output=True, text=True, timeout=60)

    return run


def test_what_is_in_order_ends_with_0_and_says_what_was_not_looked_at(
    doctor: Doctor, carrier: SimulatorProcess
) -> None:
    carrier.override_resources()

    told = doctor()

    assert told.returncode == 0, told.stdout + told.stderr
    assert f"? carrier: {carrier.base_url}, which is not Telnyx: no phone rings" in told.stdout
    assert "✓ webhook URL" in told.stdout and "✓ outbound profile: simulator" in told.stdout
    assert told.stdout.endswith("nothing wrong was found; 1 not looked at\n")


def test_findings_are_printed_as_json_a_line_for_each(doctor: Doctor, carrier: SimulatorProcess) -> None:
    carrier.override_resources()

    told = doctor("--json")

    found = {each["subject"]: each for each in map(json.loads, told.stdout.splitlines())}
    assert found["webhook URL"]["verdict"] == "good"
    assert (found["carrier"]["verdict"], set(found["carrier"])) == (
        "unseen",
        {"subject", "verdict", "detail", "remedy"},
    )


def test_a_doubt_is_said_and_ends_with_0(doctor: Doctor, carrier: SimulatorProcess) -> None:
    carrier.override_resources(numbers={_NUMBER: {"connection_id": "18", "connection_name": "office"}})

    told = doctor()

    assert told.returncode == 0, told.stdout + told.stderr
    assert f"! caller id {_NUMBER}: it belongs to another connection (office)" in told.stdout
    assert told.stdout.endswith("nothing wrong was found; 1 to think about, 1 not looked at\n")


def test_what_keeps_calls_from_being_made_or_heard_of_ends_with_1(doctor: Doctor, carrier: SimulatorProcess) -> None:
    carrier.override_resources(
        application={"webhook_event_url": "https://elsewhere.example.net/x"}, profile={"enabled": False}, numbers={}
    )

    told = doctor()

    assert told.returncode == 1
    assert "✗ webhook URL: " in told.stdout and "✗ outbound profile: " in told.stdout
    assert told.stdout.endswith("2 to mend, 1 not looked at\n")


def test_of_a_simulators_folder_the_simulator_is_looked_at_whatever_account_is_set(
    doctor: Doctor, carrier: SimulatorProcess, door: str, tmp_path: Path
) -> None:
    carrier.override_resources()
    folder = _simulators_folder(tmp_path / "simulated", carrier, door)

    told = doctor(
        folder=folder, TELNYX_BASE_URL="https://api.telnyx.com/v2", TELNYX_API_KEY="KEYmine", TELNYX_PUBLIC_KEY="x"
    )

    assert told.returncode == 0, told.stdout + told.stderr
    assert f"? carrier: the simulator of {folder}: no phone rings" in told.stdout
    assert "Your Telnyx account (key, application, profile, numbers)" in told.stdout
    assert f"✓ API key: {carrier.base_url} accepts it" in told.stdout


def test_of_a_simulators_folder_that_never_ran_the_real_account_is_not_asked(doctor: Doctor, tmp_path: Path) -> None:
    folder = tmp_path / "simulated"
    kept = DataFolder(folder)
    kept.bind(Binding(base_url=SIMULATOR, connection_id=SIMULATED_CONNECTION))
    kept.close()

    told = doctor(folder=folder, TELNYX_BASE_URL="https://api.telnyx.com/v2")

    assert f"? carrier: the simulator of {folder}" in told.stdout
    assert "API key" not in told.stdout and "public URL" not in told.stdout


def test_every_variable_that_is_missing_is_named_at_once(doctor: Doctor) -> None:
    told = doctor(TELNYX_API_KEY="", TELNYX_CONNECTION_ID="", TELNYX_PUBLIC_KEY="")

    assert told.returncode == 1
    for variable in ("TELNYX_API_KEY", "TELNYX_CONNECTION_ID", "TELNYX_PUBLIC_KEY"):
        assert f"✗ carrier: {variable} is not set" in told.stdout


def _simulators_folder(path: Path, carrier: SimulatorProcess, door: str) -> Path:
    folder = DataFolder(path)
    folder.bind(Binding(base_url=SIMULATOR, connection_id=SIMULATED_CONNECTION))
    write_private(folder.path / "simulator_key", carrier.api_key)
    folder.write_addresses({"carrier": carrier.base_url, "public_key": carrier.public_key, "webhooks": door})
    folder.close()
    return folder.path
