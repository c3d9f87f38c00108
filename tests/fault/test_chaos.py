"""Long runs in which processes are killed again and again: `make killings`. Our account stays the carrier's.

What is killed and when is drawn from the seed; when exactly it hits is the machine's affair.
"""

from __future__ import annotations

import random
import signal
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.support.account import LAW_AT_THE_CARRIER, account_equals_ledger
from tests.support.campaign_run import CampaignRun
from tests.support.killer import killer
from tests.support.poll import eventually
from tests.support.simulator import SimulatorProcess
from tests.support.stack_run import StackRun, stack_and_simulator

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

PROCESSES = ("dials", "commands", "engine", "dispatch", "webhooks", "api")
TWICE = ("dials-2", "commands-2")
UNTIDY = {"webhook_repeat": 0.10, "webhook_delay": 0.20, "webhook_delay_ms": 3_000}
LOST_ANSWERS = {"reset_after": 0.05, "error_after": 0.05, "refuse_429": 0.05}
MAYBE_DONE = {"error_before": 0.05, "reset_before": 0.05, "hang": 0.03, "hang_s": 14.0, "webhook_lose": 0.03}


@pytest.mark.parametrize("seed", range(1, 6))
def test_every_process_killed_again_and_again(tmp_path: Path, seed: int) -> None:
    with stack_and_simulator(tmp_path / "data", seed=seed) as (stack, simulator):
        _run(stack, simulator, seed=seed, victims=PROCESSES, every_s=3.0, contacts=400, faults=UNTIDY)


@pytest.mark.parametrize("seed", range(11, 14))
def test_the_stores_killed_too_while_answers_are_lost(tmp_path: Path, seed: int) -> None:
    with stack_and_simulator(tmp_path / "data", seed=seed) as (stack, simulator):
        victims = (*PROCESSES, "valkey", "postgres")
        _run(stack, simulator, seed=seed, victims=victims, every_s=6.0, contacts=300, faults={**UNTIDY, **LOST_ANSWERS})


@pytest.mark.parametrize("seed", range(21, 24))
def test_workers_killed_while_the_carrier_hangs_and_loses_webhooks(tmp_path: Path, seed: int) -> None:
    with stack_and_simulator(tmp_path / "data", seed=seed) as (stack, simulator):
        victims = ("dials", "commands")
        _run(stack, simulator, seed=seed, victims=victims, every_s=4.0, contacts=200, faults={**UNTIDY, **MAYBE_DONE})


@pytest.mark.parametrize("seed", range(31, 33))
def test_two_workers_of_each_kind_killed_in_turn(tmp_path: Path, seed: int) -> None:
    with stack_and_simulator(tmp_path / "data", seed=seed, workers=2) as (stack, simulator):
        _run(stack, simulator, seed=seed, victims=(*PROCESSES, *TWICE), every_s=3.0, contacts=400, faults=UNTIDY)


@pytest.mark.parametrize("seed", range(41, 43))
def test_processes_frozen_and_thawed(tmp_path: Path, seed: int) -> None:
    with stack_and_simulator(tmp_path / "data", seed=seed) as (stack, simulator):
        chance = random.Random(seed)
        campaign = CampaignRun(stack, 400)
        campaign.act("start")
        while campaign.dialed() < 400:
            with stack.frozen(chance.choice(("dials", "commands", "engine", "dispatch", "valkey"))):
                threading.Event().wait(chance.uniform(0.5, 9.0))
            campaign.wait_until_dialed(min(400, campaign.dialed() + chance.randrange(10, 40)))
        _conclude(campaign, simulator)


@pytest.mark.parametrize("seed", range(51, 53))
def test_a_frozen_performer_and_its_successor_say_nothing_twice(tmp_path: Path, seed: int) -> None:
    # Slow people: their calls outlive the lease of the frozen worker (5 s).
    with stack_and_simulator(tmp_path / "data", seed=seed, workers=2, time_scale=2) as (stack, simulator):
        campaign = CampaignRun(stack, 150)
        campaign.act("start")
        for name in ("commands", "commands-2"):
            campaign.wait_until_dialed(min(150, campaign.dialed() + 50))
            with stack.frozen(name):
                threading.Event().wait(25.0)
        _conclude(campaign, simulator)


# Frozen twice, and still within the 40 s that the flow gives its question: what is told later comes too late for it.
@pytest.mark.parametrize("frozen_s", [6.0, 13.0, 17.0])
def test_a_carrier_that_freezes_and_then_carries_out_what_it_was_sent(tmp_path: Path, frozen_s: float) -> None:
    with stack_and_simulator(tmp_path / "data") as (stack, simulator):
        campaign = CampaignRun(stack, 150)
        campaign.act("start")
        for dialed in (40, 100):
            campaign.wait_until_dialed(dialed)
            simulator.process.send_signal(signal.SIGSTOP)
            threading.Event().wait(frozen_s)
            simulator.process.send_signal(signal.SIGCONT)
        _conclude(campaign, simulator, is_law_kept=False)  # what waited in its sockets came in at once


def _run(
    stack: StackRun,
    simulator: SimulatorProcess,
    *,
    seed: int,
    victims: tuple[str, ...],
    every_s: float,
    contacts: int,
    faults: dict[str, Any],
) -> None:
    simulator.set_faults(**faults)
    campaign = CampaignRun(stack, contacts)
    campaign.act("start")
    with killer(stack, victims, chance=random.Random(seed), every_s=every_s):
        campaign.wait_until_dialed(contacts, within=300)
    simulator.set_faults()
    eventually(stack.is_ready, within=60)
    _conclude(campaign, simulator)


def _conclude(campaign: CampaignRun, simulator: SimulatorProcess, *, is_law_kept: bool = True) -> None:
    campaign.wait_until_completed(within=300, hurried_by=simulator)
    account_equals_ledger(campaign, simulator, unknown_at_most=len(campaign.numbers) // 10)
    assert not is_law_kept or simulator.summary()["most_dial_requests_in_5s"] <= LAW_AT_THE_CARRIER
