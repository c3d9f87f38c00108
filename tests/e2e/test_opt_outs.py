"""People who opt out while their phones ring, on a whole stack before the simulated carrier."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.support.account import account_equals_ledger
from tests.support.campaign_run import UNHURRIED, CampaignRun
from tests.support.poll import eventually
from tests.support.simulator import SimulatorProcess
from tests.support.stack_run import StackRun, stack_and_simulator

OPTED_OUT = 14


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[StackRun, SimulatorProcess]]:
    """Run a stack at whose carrier phones ring for seconds, so that their people find the time to opt out."""
    with stack_and_simulator(tmp_path_factory.mktemp("opt-outs") / "data", time_scale=2) as pair:
        yield pair


def test_a_phone_whose_person_opts_out_while_it_rings_is_hung_up_and_not_answered_after_that(
    stack: StackRun, simulator: SimulatorProcess
) -> None:
    campaign = CampaignRun(stack, 40, pacing=UNHURRIED, retry={"max_attempts": 1, "on": {}})
    campaign.act("start")

    opted_out = _opt_out_ringing(campaign)
    campaign.wait_until_completed()

    account = account_equals_ledger(campaign, simulator, excuses_talk=True)
    dials = {dial["to"]: dial for dial in account.dials if dial["to"] in opted_out}
    canceled = {to for to, dial in dials.items() if dial["hangup_cause"] == "originator_cancel"}
    statuses = {contact["phone"]: contact["status"] for contact in account.contacts}
    assert len(dials) == OPTED_OUT
    assert [to for to, dial in dials.items() if _was_answered_after_a_hangup(dial)] == []
    assert canceled
    assert {statuses[to] for to in canceled} == {"suppressed"}


def _opt_out_ringing(campaign: CampaignRun) -> set[str]:
    """Let the people of calls that ring, or are about to, opt out one by one, until enough have."""
    opted_out: set[str] = set()
    ringing = (
        "SELECT to_number FROM calls WHERE campaign_id = :id AND state IN ('dialing', 'accepted') ORDER BY id DESC"
    )

    def is_enough() -> bool:
        for row in campaign.stack.query(ringing, id=campaign.id)[:2]:  # the newest: they ring the longest yet
            if row["to_number"] not in opted_out and len(opted_out) < OPTED_OUT:
                campaign.stack.rest.post("/v1/suppressions", {"phone": row["to_number"], "reason": "asked by mail"})
                opted_out.add(row["to_number"])
        return len(opted_out) == OPTED_OUT

    eventually(is_enough, within=60, every=0.02)
    return opted_out


def _was_answered_after_a_hangup(dial: Mapping[str, Any]) -> bool:
    hangups = [command["at"] for command in dial["commands"] if command["action"] == "hangup"]
    return bool(hangups) and dial["answered_at"] is not None and dial["answered_at"] > min(hangups)
