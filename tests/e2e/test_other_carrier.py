"""A campaign against another implementation of the carrier's API, whose requests are the official SDK's."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.support.campaign_run import FINAL, CampaignRun
from tests.support.other_carrier import other_carrier
from tests.support.stack_run import CARRIER_KEY, CONNECTION, StackRun, free_ports

_EXPECTED = {"0": "busy", "1": "no_answer", "2": "machine", "3": "answered"}


@pytest.mark.timeout(240)
def test_a_campaign_at_another_carrier_ends_with_every_contact_final_and_every_request_valid(tmp_path: Path) -> None:
    with other_carrier(CARRIER_KEY) as carrier:
        environment = {
            "TELNYX_BASE_URL": carrier.url,
            "TELNYX_API_KEY": CARRIER_KEY,
            "TELNYX_PUBLIC_KEY": carrier.public_key,
            "TELNYX_CONNECTION_ID": CONNECTION,
        }
        stack = StackRun(tmp_path / "data", environment, port=free_ports())
        try:
            stack.start()
            campaign = CampaignRun(stack, 80)
            campaign.act("start")
            campaign.wait_until_completed()
            contacts, calls = campaign.contacts(), campaign.calls()
            assert stack.stop() == 0
        finally:
            stack.clear_away()

    assert carrier.invalid == []
    assert carrier.undelivered == []
    assert carrier.refused > 0
    assert {contact["status"] for contact in contacts} <= FINAL - {"unknown"}
    assert Counter(call["to"] for call in calls) == carrier.rang
    assert {call["call_control_id"] for call in calls} == set(carrier.lines)
    for call in calls:
        assert call["disposition"] == _EXPECTED.get(call["to"][-1], "human"), call
        assert call["cost"]["billed_duration_secs"] == "60", call
    for contact in contacts:
        wanted = {"2": "voicemail", "3": "hung_up", "9": "opted_out"}.get(contact["phone"][-1], "confirmed")
        if contact["phone"][-1] not in "01":
            assert contact["outcome"] == wanted, contact
    assert all(times == 1 for line in carrier.lines.values() for times in line.commands.values())
