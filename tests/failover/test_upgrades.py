"""An older and this version side by side while a campaign runs: `make failover-test`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url

from orchestrator.local_stack.embedded_servers import RunningServer
from tests.support.account import account_equals_ledger
from tests.support.campaign_run import UNHURRIED, CampaignRun
from tests.support.databases import clone_database, drop_database
from tests.support.interruption import read_interruption
from tests.support.old_version import old_version
from tests.support.stack_on_stores import THIS_VERSION, stack_on

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]


@pytest.fixture
def empty_database(postgres_server: RunningServer) -> Iterator[str]:
    """Return the address of a database without a schema."""
    nothing = make_url(postgres_server.url).set(database="template1").render_as_string(hide_password=False)
    url = clone_database(nothing, "upgraded")
    yield url
    drop_database(url)


def test_processes_are_replaced_one_by_one_in_mid_campaign(tmp_path: Path, empty_database: str, redis_url: str) -> None:
    before = old_version(tmp_path / "before")
    # Slow people: each process is replaced while calls live that it has seen begin.
    with stack_on(tmp_path / "data", redis_url=redis_url, database_url=empty_database, code=before, time_scale=4) as (
        stack,
        simulator,
    ):
        campaign = CampaignRun(stack, 300, pacing=UNHURRIED)
        campaign.act("start")
        campaign.wait_until_dialed(30)
        began = stack.versions()

        stack.migrate()
        # The API first: over a migration the older one is not ready, and readiness is what is waited for.
        for name in ("api", "engine", "dispatch", "dials", "commands", "webhooks"):
            dialed = campaign.dialed()
            stack.release(THIS_VERSION, name)
            campaign.wait_until_dialed(min(300, dialed + 10))
        campaign.wait_until_completed(within=300, hurried_by=simulator)

        assert (began, stack.versions()) == ({before}, {THIS_VERSION})
        print(read_interruption(account_equals_ledger(campaign, simulator)))
