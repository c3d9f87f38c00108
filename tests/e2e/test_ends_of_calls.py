"""Calls that a line or the carrier ends unanswered, on real processes: who was not reached is called again."""

from __future__ import annotations

import csv
import io
from typing import Any

import requests

from tests.support.campaign_run import CampaignRun
from tests.support.poll import eventually
from tests.support.simulator import SimulatorProcess
from tests.support.stack_run import API_KEY, StackRun

RETRY = {"max_attempts": 2, "on": {"no_answer": {"after": "2s"}, "failed": {"after": "2s"}}}
# What the first call to each number ends with, and whether a second is made.
ENDS: tuple[tuple[dict[str, str], bool], ...] = (
    ({"cause": "normal_clearing", "sip": "487"}, True),
    ({"cause": "normal_clearing", "sip": "503"}, True),
    ({"cause": "unspecified", "sip": "500"}, True),
    ({"cause": "unspecified", "sip": "484"}, False),
    ({"cause": "call_rejected", "sip": "604"}, False),
    ({"cause": "call_rejected", "sip": "403", "code": "D22"}, True),
)


def test_who_was_not_reached_is_called_again_and_a_wrong_number_is_not(
    stack: StackRun, simulator: SimulatorProcess
) -> None:
    campaign = CampaignRun(stack, len(ENDS), retry=RETRY)
    ends = {phone: {"ends": end} for phone, (end, _) in zip(campaign.numbers, ENDS, strict=True)}
    simulator.set_faults(numbers=ends)

    campaign.act("start")
    eventually(lambda: {call["to"] for call in campaign.calls() if call["status"] == "ended"} == set(ends), within=60)
    simulator.set_faults()
    campaign.wait_until_completed()

    rang = simulator.ledger()["calls_by_number"]
    assert [rang[phone] > 1 for phone in campaign.numbers] == [again for _, again in ENDS]
    assert {contact["status"] for contact in campaign.contacts() if rang[contact["phone"]] == 1} == {"exhausted"}
    first_calls = {call["to"]: call for call in campaign.calls() if call["attempt"] == 1}
    for phone, (end, _) in zip(campaign.numbers, ENDS, strict=True):
        assert (first_calls[phone]["hangup_cause"], first_calls[phone]["sip_hangup_cause"]) == (
            end["cause"],
            end["sip"],
        )
        assert (first_calls[phone]["telnyx_error"] or {}).get("error_code") == end.get("code")
    assert {row["sip_hangup_cause"] for row in _results(stack, campaign)} >= {"484", "604"}


def _results(stack: StackRun, campaign: CampaignRun) -> list[dict[str, Any]]:
    url = f"http://127.0.0.1:{stack.port}/v1/campaigns/{campaign.id}/results"
    answer = requests.get(url, headers={"Authorization": f"Bearer {API_KEY}"}, timeout=30)
    return list(csv.DictReader(io.StringIO(answer.text)))


def test_r5_an_account_that_a_hangup_says_is_blocked_pauses_the_campaign_until_somebody_resumes_it(
    stack: StackRun, simulator: SimulatorProcess
) -> None:
    campaign = CampaignRun(stack, 3, retry=RETRY)
    blocked = {"ends": {"cause": "call_rejected", "sip": "403", "code": "D17"}}
    simulator.set_faults(numbers=dict.fromkeys(campaign.numbers, blocked))

    campaign.act("start")
    eventually(lambda: campaign.show()["status"] == "paused", within=60)
    simulator.set_faults()
    campaign.act("resume")
    campaign.wait_until_completed()

    assert all(contact["disposition"] != "failed" for contact in campaign.contacts())
