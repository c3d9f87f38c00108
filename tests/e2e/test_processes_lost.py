"""Processes killed, frozen and restarted in mid-campaign: nobody is called twice, nobody is forgotten."""

from __future__ import annotations

import json
import shutil
import signal
import time

import pytest
import requests

from simulator.webhooks.signing import Signer
from tests.support.account import account_equals_ledger
from tests.support.campaign_run import CampaignRun
from tests.support.poll import eventually, stays
from tests.support.simulator import SimulatorProcess
from tests.support.stack_run import SIGNING_SEED, StackRun


@pytest.mark.long
def test_workers_and_an_engine_killed_in_mid_campaign(stack: StackRun, simulator: SimulatorProcess) -> None:
    simulator.set_faults(webhook_repeat=0.05, webhook_delay=0.10, webhook_delay_ms=2_000)
    campaign = CampaignRun(stack, 150)
    campaign.act("start")

    campaign.wait_until_dialed(30)
    stack.kill("commands", "engine")
    campaign.wait_until_dialed(80)
    stack.kill("dials", "dispatch")
    campaign.wait_until_completed(within=120)

    account_equals_ledger(campaign, simulator)


def test_valkey_away_and_then_frozen_loses_nothing_and_crashes_nobody(
    stack: StackRun, simulator: SimulatorProcess
) -> None:
    campaign = CampaignRun(stack, 150)
    campaign.act("start")
    campaign.wait_until_dialed(40)
    pids = stack.pids()

    with stack.without("valkey"):
        answers = [_send_webhook(stack.door), _send_webhook(stack.rest.url)]
        readiness = stack.rest.ask("GET", "/readyz")
        health = stack.rest.ask("GET", "/healthz")
    campaign.wait_until_dialed(90)
    with stack.frozen("valkey"):
        stays(lambda: stack.runs, during=7.0)
    campaign.wait_until_completed(within=120)

    assert [answer.status_code for answer in answers] == [503, 503]
    assert all(answer.headers["Retry-After"] for answer in answers)
    assert (readiness.status_code, health.status_code) == (503, 200)
    assert {name for name, pid in stack.pids().items() if pids[name] != pid} == {"valkey"}
    account_equals_ledger(campaign, simulator)


def test_r20_valkey_back_empty_calls_nobody_again(stack: StackRun, simulator: SimulatorProcess) -> None:
    campaign = CampaignRun(stack, 120)
    campaign.act("start")

    campaign.wait_until_dialed(50)
    with stack.without("valkey"):
        shutil.rmtree(stack.folder / "valkey" / "appendonlydir")
    campaign.wait_until_completed(within=120, hurried_by=simulator)

    account_equals_ledger(campaign, simulator, excuses_talk=True, unknown_at_most=60)


@pytest.mark.long
def test_postgresql_restarted_and_then_killed(stack: StackRun, simulator: SimulatorProcess) -> None:
    campaign = CampaignRun(stack, 120)
    campaign.act("start")

    campaign.wait_until_dialed(40)
    stack.signal(signal.SIGINT, "postgres")
    campaign.wait_until_dialed(80)
    stack.kill("postgres")
    campaign.wait_until_completed(within=120)

    account_equals_ledger(campaign, simulator)


@pytest.mark.long
def test_a_stack_stopped_and_then_killed_goes_on_when_started_again(
    stack: StackRun, simulator: SimulatorProcess
) -> None:
    campaign = CampaignRun(stack, 120)
    campaign.act("start")

    campaign.wait_until_dialed(40)
    assert stack.stop() == 0
    assert "was killed" not in stack.output
    stack.start()
    campaign.wait_until_dialed(80)
    stack.kill_up()
    stack.start()
    campaign.wait_until_completed(within=120)

    account_equals_ledger(campaign, simulator)


def test_another_carrier_is_refused_and_a_wrong_key_pauses_the_campaign_and_burns_nobody(
    stack: StackRun, simulator: SimulatorProcess
) -> None:
    campaign = CampaignRun(stack, 40)
    stack.stop()
    stack.launch(TELNYX_CONNECTION_ID="1234")
    assert stack.ends() == 1
    assert "connection 1234" in stack.output

    stack.start(TELNYX_API_KEY="KEYwrong")
    campaign.act("start")
    eventually(lambda: campaign.show()["status"] == "paused", within=60)

    assert campaign.show()["status_reason"]["code"] == "carrier_refused"
    eventually(lambda: campaign.stats()["contacts"]["waiting"] == 40)
    assert all(contact["attempts"] == 0 for contact in campaign.contacts())
    assert not set(campaign.numbers) & set(simulator.ledger()["calls_by_number"])

    stack.stop()
    stack.start()
    campaign.act("resume")
    campaign.wait_until_completed()

    account_equals_ledger(campaign, simulator)


def _send_webhook(address: str) -> requests.Response:
    data = {"record_type": "event", "event_type": "call.answered", "id": "e-1", "payload": {}}
    body = json.dumps({"data": {**data, "occurred_at": "2026-01-01T00:00:00.000000Z"}, "meta": {"attempt": 1}}).encode()
    headers = Signer(SIGNING_SEED).headers(body, now=time.time())
    return requests.post(
        f"{address}/webhooks/telnyx", data=body, headers={**headers, "Content-Type": "application/json"}, timeout=20
    )
