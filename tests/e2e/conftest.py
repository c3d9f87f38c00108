"""One stack of real processes for many scenarios: each runs campaigns of its own and leaves everything mended."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.account import LAW_AT_THE_CARRIER
from tests.support.poll import eventually
from tests.support.simulator import SimulatorProcess
from tests.support.stack_run import StackRun, stack_and_simulator

HANGS_S = 600  # for each test; the steps in it have limits of their own that say what did not happen
PROGRAMS = {"valkey", "postgres", "api", "webhooks", "commands", "dials", "engine", "dispatch"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.timeout(HANGS_S))


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[StackRun, SimulatorProcess]]:
    with stack_and_simulator(tmp_path_factory.mktemp("stack") / "data") as pair:
        yield pair


@pytest.fixture
def simulator(running: tuple[StackRun, SimulatorProcess]) -> Iterator[SimulatorProcess]:
    """Return the carrier; whatever a test made of it ends with the test, and its law on dialing must have held."""
    carrier = running[1]
    before = carrier.summary()["most_dial_requests_in_5s"]
    yield carrier
    carrier.set_faults()
    carrier.control(down=False, hold_webhooks=False)
    assert carrier.summary()["most_dial_requests_in_5s"] <= max(before, LAW_AT_THE_CARRIER)


@pytest.fixture
def stack(running: tuple[StackRun, SimulatorProcess]) -> Iterator[StackRun]:
    """Return the stack with all its programs running; a campaign that a failed test left makes no later test fail."""
    whole = running[0]
    if not whole.runs:
        whole.start()
    eventually(lambda: set(whole.pids()) == PROGRAMS, within=60)
    yield whole
    left = whole.rest.try_to_get("/v1/campaigns?status=running") or {"data": []}
    for each in left["data"]:
        whole.rest.post(f"/v1/campaigns/{each['id']}/cancel", {"live_calls": "hangup"})
