"""Stores that fail over in mid-campaign: `make failover-test`. Our account stays the carrier's."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.account import LAW_AT_THE_CARRIER, account_equals_ledger
from tests.support.campaign_run import UNHURRIED, CampaignRun
from tests.support.interruption import read_interruption
from tests.support.poll import eventually, stays
from tests.support.postgres_pair import postgres_pair
from tests.support.simulator import SimulatorProcess
from tests.support.stack_on_stores import StackOnStores, stack_on
from tests.support.valkey_pair import valkey_pair

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]


def test_a_synchronous_standby_is_promoted_in_mid_campaign(tmp_path: Path, redis_url: str) -> None:
    with (
        postgres_pair() as postgres,
        stack_on(tmp_path / "data", redis_url=redis_url, database_url=postgres.url) as (stack, simulator),
    ):
        campaign = _in_the_middle(stack)

        postgres.kill_primary()
        eventually(lambda: not stack.is_ready())
        postgres.promote_standby()

        _conclude(campaign, simulator)


def test_a_synchronous_standby_that_hangs_stops_the_dialing_until_it_is_back(tmp_path: Path, redis_url: str) -> None:
    with (
        postgres_pair() as postgres,
        stack_on(tmp_path / "data", redis_url=redis_url, database_url=postgres.url) as (stack, simulator),
    ):
        campaign = _in_the_middle(stack)

        with postgres.frozen_standby():
            eventually(lambda: not simulator.summary()["live"])
            dialed = len(simulator.ledger()["dials"])
            stays(lambda: len(simulator.ledger()["dials"]) == dialed, during=20.0, every=1.0)

        _conclude(campaign, simulator)


@pytest.mark.parametrize("lines", [(), ("min-replicas-to-write 1",)], ids=["two servers", "never without a replica"])
def test_sentinels_make_a_replica_the_primary_whose_primary_died(
    tmp_path: Path, database_url: str, lines: tuple[str, ...]
) -> None:
    with (
        valkey_pair(tmp_path, *lines) as (valkey, redis_url),
        stack_on(tmp_path / "data", redis_url=redis_url, database_url=database_url) as (stack, simulator),
    ):
        campaign = _in_the_middle(stack)

        valkey.kill_primary()
        eventually(valkey.has_failed_over)
        valkey.start_first_again(*lines)

        _conclude(campaign, simulator, excuses_talk=True, unknown_at_most=5)


def test_a_primary_of_valkey_that_hands_over_loses_nothing(tmp_path: Path, database_url: str) -> None:
    with (
        valkey_pair(tmp_path) as (valkey, redis_url),
        stack_on(tmp_path / "data", redis_url=redis_url, database_url=database_url) as (stack, simulator),
    ):
        campaign = _in_the_middle(stack)

        valkey.fail_over("COORDINATED")
        eventually(valkey.has_failed_over)

        _conclude(campaign, simulator)


def test_a_replica_that_takes_over_from_a_living_primary_calls_nobody_again(tmp_path: Path, database_url: str) -> None:
    with (
        valkey_pair(tmp_path) as (valkey, redis_url),
        stack_on(tmp_path / "data", redis_url=redis_url, database_url=database_url) as (stack, simulator),
    ):
        campaign = _in_the_middle(stack)

        valkey.fail_over()
        eventually(valkey.has_failed_over)

        # For a second or two both are primaries, and what the old one takes is lost: whole calls of quick people.
        _conclude(campaign, simulator, excuses_talk=True, unknown_at_most=50)


def _in_the_middle(stack: StackOnStores) -> CampaignRun:
    campaign = CampaignRun(stack, 150, pacing=UNHURRIED)
    campaign.act("start")
    campaign.wait_until_dialed(40)
    return campaign


def _conclude(
    campaign: CampaignRun, simulator: SimulatorProcess, *, excuses_talk: bool = False, unknown_at_most: int = 0
) -> None:
    campaign.wait_until_completed(within=240, hurried_by=simulator)
    account = account_equals_ledger(campaign, simulator, excuses_talk=excuses_talk, unknown_at_most=unknown_at_most)
    unknown = sum(contact["status"] == "unknown" for contact in account.contacts)
    print(f"{read_interruption(account)}; {unknown} contacts unknown")
    assert simulator.summary()["most_dial_requests_in_5s"] <= LAW_AT_THE_CARRIER
