"""Programs without files or memory, stores without memory, disk or room for clients, in mid-campaign.

Each says so in its log or in /readyz, loses nothing, and goes on by itself once the limit is lifted.
"""

from __future__ import annotations

import resource
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest
import requests

from orchestrator.local_stack.process import session_members
from tests.support.account import account_equals_ledger
from tests.support.campaign_run import UNHURRIED, CampaignRun
from tests.support.full_disk import SmallDisk, small_disk
from tests.support.full_memory import full_memory
from tests.support.leftovers import wrong_recordings
from tests.support.no_clients import postgres_without_room, valkey_without_room
from tests.support.poll import eventually
from tests.support.simulator import SimulatorProcess
from tests.support.small_memory import kill_for_memory
from tests.support.stack_run import StackRun, stack_and_simulator

pytestmark = [pytest.mark.long, pytest.mark.timeout(1_800)]

CONTACTS = 60
RECORDS = Path(__file__).with_name("chaos_flow.yaml")
NO_FILES, NO_MEMORY = "Too many open files", ("MemoryError", "start new thread", "Cannot allocate memory")
SAID_S = 120.0


@contextmanager
def limited(stack: StackRun, program: str, *, what: int, most: int) -> Iterator[None]:
    """Let a program have no more of something than `most` until the block ends."""
    before = {}
    for pid in session_members(stack.pids()[program]):
        before[pid] = psutil.Process(pid).rlimit(what)
        psutil.Process(pid).rlimit(what, (most, before[pid][1]))
    try:
        yield
    finally:
        for pid, limits in before.items():
            with suppress(psutil.NoSuchProcess):
                psutil.Process(pid).rlimit(what, limits)


@pytest.fixture(scope="module")
def stack_of_all(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[StackRun, SimulatorProcess]]:
    with stack_and_simulator(tmp_path_factory.mktemp("limits") / "data") as found:
        yield found


@pytest.mark.parametrize("program", ["dials", "commands", "engine", "dispatch"])
def test_a_program_that_may_open_no_more_files_says_so_and_goes_on_once_it_may(
    stack_of_all: tuple[StackRun, SimulatorProcess], program: str
) -> None:
    stack, simulator = stack_of_all
    campaign = _in_its_middle(stack)
    said = _said(stack, NO_FILES)

    with limited(stack, program, what=resource.RLIMIT_NOFILE, most=6):
        stack.kill_only("postgres")  # what it has open is closed: it must connect again, and may not
        eventually(lambda: _said(stack, NO_FILES) > said, within=SAID_S, every=0.5)

    _goes_on(campaign, simulator)


@pytest.mark.parametrize("program", ["dials", "engine"])
def test_a_program_that_gets_no_more_memory_ends_or_says_so_and_nothing_is_lost(
    stack_of_all: tuple[StackRun, SimulatorProcess], program: str
) -> None:
    stack, simulator = stack_of_all
    campaign = _in_its_middle(stack)
    pid, said = stack.pids()[program], _said(stack, *NO_MEMORY)

    with limited(stack, program, what=resource.RLIMIT_AS, most=2**20):
        stack.kill_only("postgres")
        with suppress(AssertionError):  # a program that needs no more than it has is no fault
            eventually(
                lambda: stack.pids().get(program) != pid or _said(stack, *NO_MEMORY) > said, within=30, every=0.5
            )

    _goes_on(campaign, simulator)


@pytest.mark.parametrize(
    "program", ["commands", "dials", "dispatch", "engine", "webhooks", "api", "valkey", "postgres"]
)
def test_what_the_kernel_kills_for_its_memory_is_started_again_and_nothing_is_lost(
    stack_of_all: tuple[StackRun, SimulatorProcess], program: str
) -> None:
    stack, simulator = stack_of_all
    campaign = _in_its_middle(stack)
    before = stack.pids()[program]

    kill_for_memory(session_members(before))

    eventually(lambda: stack.pids().get(program, before) != before, within=SAID_S)
    _goes_on(campaign, simulator)


def test_a_valkey_that_is_full_is_named_and_drains(stack_of_all: tuple[StackRun, SimulatorProcess]) -> None:
    stack, simulator = stack_of_all
    campaign = _in_its_middle(stack)

    with stack.redis() as client, full_memory(client):
        eventually(lambda: "nearly full" in stack.readiness(), within=SAID_S, every=0.5)
        threading.Event().wait(3.0)  # for which webhooks are refused and sent again

    _goes_on(campaign, simulator)


@pytest.mark.parametrize("store", ["PostgreSQL", "Redis"])
def test_a_store_that_takes_no_more_clients_is_named_and_nothing_is_lost(
    stack_of_all: tuple[StackRun, SimulatorProcess], store: str
) -> None:
    stack, simulator = stack_of_all
    campaign = _in_its_middle(stack)

    with stack.redis() as client:
        of_postgres = postgres_without_room(stack.settings_of_commands["ORCHESTRATOR_DATABASE_URL"])
        with of_postgres if store == "PostgreSQL" else valkey_without_room(client):
            eventually(lambda: f"{store} takes no more connections" in stack.readiness(), within=SAID_S, every=0.5)
            threading.Event().wait(3.0)  # for which everybody tries again

    _goes_on(campaign, simulator)


def test_a_webhook_receiver_that_may_open_no_more_files_says_so_and_goes_on_once_it_may(
    stack_of_all: tuple[StackRun, SimulatorProcess],
) -> None:
    stack, simulator = stack_of_all
    campaign = _in_its_middle(stack)
    said = _said(stack, NO_FILES)

    with limited(stack, "webhooks", what=resource.RLIMIT_NOFILE, most=6), stack.redis() as client:
        client.client_kill_filter(_type="normal", skipme=True)
        eventually(lambda: _said(stack, NO_FILES) > said, within=SAID_S, every=0.5)

    _goes_on(campaign, simulator)


def test_after_a_full_disk_under_both_stores_our_account_is_the_carriers(tmp_path: Path) -> None:
    with small_disk(tmp_path / "small", megabytes=400) as disk:
        (disk.folder / "data").mkdir(mode=0o700)
        (tmp_path / "data").symlink_to(disk.folder / "data")
        with stack_and_simulator(tmp_path / "data") as (stack, simulator):
            campaign = _in_its_middle(stack)

            # Filled again and again: a store that ends gives back the room of the file that it was just writing.
            eventually(lambda: disk.fill() or "valkey ended with status" in stack.output, within=SAID_S, every=0.3)
            eventually(lambda: disk.fill() or "is full: make room" in stack.readiness(), within=SAID_S, every=0.3)
            disk.empty()

            _goes_on(campaign, simulator)


def test_a_disk_under_recordings_that_is_full_stops_no_call_and_loses_no_recording(tmp_path: Path) -> None:
    with (
        small_disk(tmp_path / "small", megabytes=64) as disk,
        stack_and_simulator(_with_recordings_on(disk, tmp_path / "data")) as (stack, simulator),
    ):
        campaign = CampaignRun(stack, CONTACTS, flow=RECORDS, pacing=UNHURRIED)
        campaign.act("start")
        campaign.wait_until_dialed(CONTACTS // 4, within=120)
        disk.fill()

        eventually(lambda: "recordings" in _warnings(stack), within=SAID_S, every=0.5)
        _goes_on(campaign, simulator)
        assert wrong_recordings(stack)

        disk.empty()

        # What was put off for minutes is due at once.
        stack.execute("UPDATE recordings SET due_at = now() WHERE state = 'pending'")
        eventually(lambda: not wrong_recordings(stack), within=SAID_S, every=1.0)
        assert "recordings" not in _warnings(stack)
        assert len(list(stack.rest.pages("/v1/recordings"))) > CONTACTS // 4


def _with_recordings_on(disk: SmallDisk, data: Path) -> Path:
    data.mkdir(mode=0o700)
    (data / "recordings").symlink_to(disk.folder)
    return data


def _warnings(stack: StackRun) -> set[str]:
    checks = requests.get(f"{stack.rest.url}/readyz", timeout=30).json()["checks"]
    return {check["name"] for check in checks if not check["ok"]}


def _in_its_middle(stack: StackRun) -> CampaignRun:
    campaign = CampaignRun(stack, CONTACTS, pacing=UNHURRIED)
    campaign.act("start")
    campaign.wait_until_dialed(CONTACTS // 4, within=120)
    return campaign


def _said(stack: StackRun, *words: str) -> int:
    """Return how often one of these words stands in the logs of the programs."""
    logs = [file.read_text(errors="replace") for file in Path(stack.folder, "logs").rglob("*.log")]
    return sum(log.count(word) for log in logs for word in words)


def _goes_on(campaign: CampaignRun, simulator: SimulatorProcess) -> None:
    eventually(campaign.stack.is_ready, within=SAID_S, every=0.5)
    campaign.wait_until_completed(within=300, hurried_by=simulator)
    account_equals_ledger(campaign, simulator, unknown_at_most=CONTACTS // 10, excuses_talk=True)
