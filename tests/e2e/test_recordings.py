"""A campaign that records ends with every recording's file on disk, as the carrier served it."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest
import requests

from tests.support.campaign_run import CampaignRun
from tests.support.poll import eventually
from tests.support.simulator import SimulatorProcess
from tests.support.stack_run import API_KEY, StackRun

pytestmark = pytest.mark.timeout(240)

RECORDING = """
name: recording
inputs: {first_name: {}, appointment: {}}
outcomes: [heard, hung_up]
outcome: hung_up
start: tape
steps:
  tape: {record_start: {channels: dual, format: FORMAT}, goto: greet}
  greet:
    speak: {payload: "Hello {{ contact.first_name }}", voice: female}
    outcome: heard
    on: {call.speak.ended: bye}
  bye: {hangup: {}}
"""


@pytest.mark.parametrize("form", ["mp3", "wav"])
def test_what_a_flow_records_is_on_disk_in_the_end(stack: StackRun, simulator: SimulatorProcess, form: str) -> None:
    campaign = CampaignRun(stack, 12, flow=RECORDING.replace("FORMAT", form))

    campaign.act("start")
    campaign.wait_until_completed()

    told = eventually(lambda: all_fetched(stack, campaign), within=30)
    assert {each["call_id"] for each in told} == {call["id"] for call in campaign.calls() if call["answered_at"]}
    for each in told:
        file = next(stack.folder.glob(f"recordings/*/{each['id']}.{form}")).read_bytes()
        served = requests.get(each["recording_urls"][form], timeout=5).content
        assert file == served == content(stack, each)
        assert (sha256(file).hexdigest(), len(file)) == (each["sha256"], each["size_bytes"])
    assert list(stack.folder.glob("recordings/drafts/*")) == []


def all_fetched(stack: StackRun, campaign: CampaignRun) -> list[dict[str, Any]]:
    """Return the campaign's recordings once each answered call has its own, and all are here."""
    found = list(stack.rest.pages("/v1/recordings", campaign_id=campaign.id))
    answered = [call for call in campaign.calls() if call["answered_at"]]
    is_done = len(found) >= len(answered) > 0 and all(each["status"] == "fetched" for each in found)
    return found if is_done else []


def content(stack: StackRun, recording: dict[str, Any]) -> bytes:
    address = f"http://127.0.0.1:{stack.port}{recording['content']}"
    answer = requests.get(address, headers={"Authorization": f"Bearer {API_KEY}"}, timeout=5)
    assert answer.status_code == 200, answer.text
    return answer.content
