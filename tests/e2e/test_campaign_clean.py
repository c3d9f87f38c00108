"""A whole campaign on real processes, nothing going wrong: our account is the carrier's."""

from __future__ import annotations
from pathlib import Path

from tests.support.account import CARRIERS_LAW, account_equals_ledger
from tests.support.campaign_run import CampaignRun
from tests.support.stack_run import stack_and_simulator


def test_clean(tmp_path: Path) -> None:
    with stack_and_simulator(tmp_path / "data") as (stack, simulator):
        campaign = CampaignRun(stack, 150)
        campaign.act("start")
        campaign.wait_until_completed()
        account_equals_ledger(campaign, simulator)
        print(simulator.summary())
        assert simulator.summary()["most_dial_requests_in_5s"] <= CARRIERS_LAW
        stack.stop()
