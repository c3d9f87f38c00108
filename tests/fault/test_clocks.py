"""Clocks that are set in mid-campaign: `make clocks`. Nobody is called twice, and our account stays the carrier's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.account import account_equals_ledger
from tests.support.campaign_run import UNHURRIED, CampaignRun
from tests.support.host_clock import HostClock, host_clock
from tests.support.poll import eventually
from tests.support.simulator import SimulatorProcess
from tests.support.stack_run import StackRun, stack_and_simulator

pytestmark = [pytest.mark.long, pytest.mark.timeout(1_800)]

CONTACTS = 60
STEPS_S = (120, -120, 3_600, -3_600)
NOTICED_S = 120.0  # clocks are compared every 30 s, on a machine that may be busy


@contextmanager
def clocked_stack(tmp_path: Path) -> Iterator[tuple[StackRun, SimulatorProcess, HostClock]]:
    """Yield a stack that goes by a clock of its own, and a carrier that goes by the true one."""
    with (
        host_clock() as clock,
        stack_and_simulator(tmp_path / "data", environment=clock.environment) as (stack, simulator),
    ):
        [row] = stack.query("SELECT extract(epoch FROM clock_timestamp()) AS at")
        clock.set("stores", by_s=3_600)
        [later] = stack.query("SELECT extract(epoch FROM clock_timestamp()) AS at")
        clock.set("stores", by_s=0)
        assert later["at"] - row["at"] > 3_500, "the database does not go by this clock"
        yield stack, simulator, clock


def test_the_clock_of_the_stores_that_is_set_and_set_right_again_calls_nobody_twice(tmp_path: Path) -> None:
    with clocked_stack(tmp_path) as (stack, simulator, clock):
        for step_s in STEPS_S:
            campaign = CampaignRun(stack, CONTACTS, pacing=UNHURRIED)
            campaign.act("start")
            campaign.wait_until_dialed(CONTACTS // 4)

            clock.set("stores", by_s=step_s)
            eventually(lambda: "clock" in stack.readiness(), within=NOTICED_S, every=0.5)
            clock.set("stores", by_s=0)

            _let_what_waits_be_due(campaign)
            eventually(stack.is_ready, within=NOTICED_S, every=0.5)
            campaign.wait_until_completed(within=300, hurried_by=simulator)
            account_equals_ledger(campaign, simulator, unknown_at_most=CONTACTS // 10, excuses_talk=True)
            assert _most_sends_of_one_attempt(campaign, simulator) == 1


@pytest.mark.parametrize("whose", [("programs", "stores"), ("programs",)], ids=" and ".join)
@pytest.mark.parametrize("step_s", STEPS_S)
def test_a_machine_whose_clock_is_set_and_set_right_calls_nobody_twice_and_leaves_no_call_waiting(
    tmp_path: Path, step_s: int, whose: tuple[str, ...]
) -> None:
    with clocked_stack(tmp_path) as (stack, simulator, clock):
        campaign = CampaignRun(stack, CONTACTS, pacing=UNHURRIED)
        campaign.act("start")
        campaign.wait_until_dialed(CONTACTS // 4)

        clock.set(*whose, by_s=step_s)
        eventually(lambda: "clock" in stack.readiness(), within=NOTICED_S, every=0.5)
        clock.set(*whose, by_s=0)

        _let_what_waits_be_due(campaign)
        eventually(stack.is_ready, within=NOTICED_S, every=0.5)
        # What was told while the clock was wrong is lost: those calls end without a cause, and nobody is called again.
        campaign.wait_until_completed(within=300, hurried_by=simulator)
        assert _most_sends_of_one_attempt(campaign, simulator) == 1
        assert _rang_more_often_than_we_say(campaign, simulator) == {}


def _let_what_waits_be_due(campaign: CampaignRun) -> None:
    """Let who was to be called again at a moment of the wrong clock not wait until that has come."""
    campaign.stack.execute("UPDATE calls SET last_sent_at = now() WHERE state = 'ended' AND last_sent_at > now()")
    campaign.stack.execute(
        "UPDATE contacts SET due_at = now() WHERE campaign_id = :id AND due_at > now() + interval '1 minute'",
        id=campaign.id,
    )


def _most_sends_of_one_attempt(campaign: CampaignRun, simulator: SimulatorProcess) -> int:
    numbers = set(campaign.numbers)
    rang = Counter(dial["command_id"] for dial in simulator.ledger()["dials"] if dial["to"] in numbers)
    return max(rang.values())


def _rang_more_often_than_we_say(campaign: CampaignRun, simulator: SimulatorProcess) -> dict[str, int]:
    """Return the numbers that rang more often than they have attempts of ours that may have rung."""
    numbers = set(campaign.numbers)
    rang = Counter(dial["to"] for dial in simulator.ledger()["dials"] if dial["to"] in numbers)
    rang.subtract(call["to"] for call in campaign.calls() if call["status"] != "withdrawn")
    return dict(+rang)
