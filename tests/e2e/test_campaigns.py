"""Whole campaigns on real processes: in the end every contact is final and our account is the carrier's ledger."""

from __future__ import annotations

from tests.support.account import LAW_AT_THE_CARRIER, account_equals_ledger, late_commands, most_in_window
from tests.support.campaign_run import FINAL, UNHURRIED, CampaignRun
from tests.support.poll import eventually, stays
from tests.support.simulator import SimulatorProcess
from tests.support.stack_run import StackRun


def test_a_campaign_ends_with_the_carriers_account(stack: StackRun, simulator: SimulatorProcess) -> None:
    campaign = CampaignRun(stack, 120)

    campaign.act("start")
    campaign.wait_until_completed()

    account = account_equals_ledger(campaign, simulator)
    assert {call["disposition"] for call in account.calls.values()} >= {"human", "machine", "busy", "no_answer"}
    assert {contact["outcome"] for contact in account.contacts} >= {"confirmed", "opted_out", "voicemail"}
    assert not simulator.summary()["counters"].get("unknown_fields")
    assert late_commands(account, after_s=5.0) == []


def test_repeated_and_reordered_webhooks_change_nothing(stack: StackRun, simulator: SimulatorProcess) -> None:
    simulator.set_faults(webhook_repeat=0.05, webhook_delay=0.10, webhook_delay_ms=2_000)
    campaign = CampaignRun(stack, 120)

    campaign.act("start")
    campaign.wait_until_completed()

    account_equals_ledger(campaign, simulator)
    counters = simulator.summary()["counters"]
    assert counters["webhooks_repeated"] > 10


def test_answers_lost_after_acceptance_and_busy_carriers_make_no_second_call(
    stack: StackRun, simulator: SimulatorProcess
) -> None:
    simulator.set_faults(reset_after=0.05, error_after=0.05, refuse_429=0.1)
    campaign = CampaignRun(stack, 100)

    campaign.act("start")
    campaign.wait_until_completed(within=120)

    account = account_equals_ledger(campaign, simulator)
    assert account.refused


def test_hangups_nobody_told_are_found_by_asking_the_carrier(stack: StackRun, simulator: SimulatorProcess) -> None:
    simulator.set_faults(never_tell_hangup=0.5)
    campaign = CampaignRun(stack, 20)

    campaign.act("start")
    campaign.wait_until_completed(hurried_by=simulator)

    account = account_equals_ledger(campaign, simulator, unknown_at_most=20)
    untold = {dial["to"] for dial in account.dials if any(n["status"] == "lost" for n in dial["webhooks"])}
    assert untold
    assert {contact["phone"] for contact in account.contacts if contact["status"] == "unknown"} <= untold


def test_a_carrier_out_of_reach_and_then_broken_leaves_nobody_unknown(
    stack: StackRun, simulator: SimulatorProcess
) -> None:
    campaign = CampaignRun(stack, 100, pacing=UNHURRIED)
    campaign.act("start")

    campaign.wait_until_dialed(20)
    simulator.control(refuse_for_s=5)
    campaign.wait_until_dialed(50)
    eventually(simulator.listens)
    simulator.control(down=True)
    stays(lambda: stack.runs, during=3.0)
    simulator.control(down=False)
    campaign.wait_until_completed(within=120)

    account_equals_ledger(campaign, simulator)


def test_r9_after_a_pause_returns_nothing_is_sent_until_the_campaign_goes_on(
    stack: StackRun, simulator: SimulatorProcess
) -> None:
    campaign = CampaignRun(stack, 100, pacing=UNHURRIED)
    campaign.act("start")
    campaign.wait_until_dialed(30)

    paused = campaign.act("pause")
    sent = _dial_requests(simulator)

    assert paused["status"] == "paused"
    assert campaign.dialed() < 100
    stays(lambda: _dial_requests(simulator) == sent, during=4.0)

    campaign.act("resume")
    campaign.wait_until_completed()

    account_equals_ledger(campaign, simulator)


def test_r9_dialing_stopped_a_number_suppressed_and_a_campaign_canceled_are_obeyed_at_once(
    stack: StackRun, simulator: SimulatorProcess
) -> None:
    campaign = CampaignRun(stack, 100, pacing=UNHURRIED)
    campaign.act("start")
    campaign.wait_until_dialed(20)

    stack.rest.post("/v1/dialing/stop")
    sent = _dial_requests(simulator)
    stays(lambda: _dial_requests(simulator) == sent, during=2.0)
    opted_out = [contact["phone"] for contact in campaign.contacts() if contact["attempts"] == 0][:5]
    opted_out = [phone for phone in opted_out if phone not in simulator.ledger()["calls_by_number"]]
    for phone in opted_out:
        stack.rest.post("/v1/suppressions", {"phone": phone, "scope": "global", "reason": "asked by mail"})
    stack.rest.post("/v1/dialing/resume")
    campaign.wait_until_dialed(50)
    canceled = campaign.act("cancel", {"live_calls": "hangup"})
    sent = _dial_requests(simulator)

    assert canceled["status"] == "canceled"
    stays(lambda: _dial_requests(simulator) == sent, during=2.0)
    eventually(lambda: all(contact["status"] in FINAL for contact in campaign.contacts()), within=60, every=0.5)
    account = account_equals_ledger(campaign, simulator, excuses_talk=True)
    assert opted_out
    assert not set(opted_out) & set(account.rang)
    assert "canceled" in {contact["status"] for contact in account.contacts}


def test_r7_workers_that_were_away_do_not_catch_up_in_a_burst(stack: StackRun, simulator: SimulatorProcess) -> None:
    campaign = CampaignRun(stack, 250, retry={"max_attempts": 1, "on": {}})
    campaign.act("start")
    campaign.wait_until_dialed(40)

    with stack.frozen("dials"):
        sent = _dial_requests(simulator)
        stays(lambda: _dial_requests(simulator) <= sent + 5, during=8.0)  # five: on their way when the workers froze
    campaign.wait_until_completed()

    account = account_equals_ledger(campaign, simulator)
    sends = [dial["accepted_at"] for dial in account.dials] + [dial["at"] for dial in account.refused]
    assert most_in_window(sends) <= LAW_AT_THE_CARRIER


def _dial_requests(simulator: SimulatorProcess) -> int:
    return int(simulator.summary()["counters"].get("dial_requests", 0))
