"""A carrier that takes every request and says nothing for 35 s: dials and commands are neither doubled nor lost."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.fault.chaos_run import recoveries
from tests.fault.monkey import Strike
from tests.support.account import account_equals_ledger
from tests.support.campaign_run import UNHURRIED, CampaignRun
from tests.support.leftovers import leftovers
from tests.support.network import NetworkFault
from tests.support.networked_stack import networked_stack
from tests.support.poll import eventually, stays

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

CONTACTS = 200
MUTE_S = 35.0  # a dial is given up after 12 s and repeated once, a command until 40 s
RECOVERED_S = 30.0  # dispatch asks for the carrier at most so often while it is shut, on a machine that may be busy


# It hears everything late, and answers then; or carries everything out at once, and resets what waits for its answers.
@pytest.mark.parametrize("fault", [NetworkFault.MUTE, NetworkFault.SWALLOW])
def test_a_carrier_that_is_mute_for_long_calls_nobody_twice_and_is_soon_used_again(
    tmp_path: Path, fault: NetworkFault
) -> None:
    # Slow people: calls live on while nothing can be said to them.
    with networked_stack(tmp_path / "data", time_scale=4) as (stack, simulator):
        campaign = CampaignRun(stack, CONTACTS, pacing=UNHURRIED)
        campaign.act("start")
        campaign.wait_until_dialed(CONTACTS // 4)

        began = time.time()
        with stack.network.broken("carrier", fault):
            stays(lambda: stack.rest.try_to_get("/healthz") is not None, during=MUTE_S)
        strike = Strike(fault, "carrier", began, time.time())

        campaign.wait_until_completed(within=300, hurried_by=simulator)
        account_equals_ledger(campaign, simulator, unknown_at_most=CONTACTS // 10, excuses_talk=True)
        eventually(lambda: not leftovers(stack), within=60, every=1.0)
        dials = simulator.ledger()["dials"]
        assert recoveries([strike], dials)[strike] < RECOVERED_S
        # Some were sent while nobody answered, or came again when all that had waited did.
        commands = [command for dial in dials for command in dial["commands"]]
        assert any(each["duplicate"] or strike.began < each["at"] < strike.ended for each in commands)
