"""A campaign that records ends with every recording's file on disk, as the carrier served it, and what was said."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest
import requests

from tests.support.campaign_run import CampaignRun
from tests.support.poll import eventually
from tests.support.simulator import SimulatorProcess
from tests.support.stack_run import API_KEY, StackRun

RECORDING = """
name: recording
inputs: {first_name: {}, appointment: {}}
outcomes: [heard, hung_up]
outcome: hung_up
ai_notice: always
recording_notice: never
start: tape
steps:
  tape: {record_start: {channels: dual, format: FORMAT}, goto: listen}
  listen: {transcription_start: {transcription_tracks: both}, goto: greet}
  greet:
    speak: {payload: "Hello {{ contact.first_name }}", voice: female}
    outcome: heard
    on: {call.speak.ended: bye}
  bye: {hangup: {}}
"""


@pytest.fixture(params=["mp3", "wav"])
def form(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_what_a_flow_records_is_here_in_the_end(stack: StackRun, simulator: SimulatorProcess, form: str) -> None:
    campaign = CampaignRun(stack, 12, flow=RECORDING.replace("FORMAT", form))

    campaign.act("start")
    campaign.wait_until_completed()

    told = eventually(lambda: all_fetched(stack, campaign), within=60)
    for each in told:
        file = next(stack.folder.glob(f"recordings/*/{each['id']}.{form}")).read_bytes()
        served = requests.get(each["recording_urls"][form], timeout=30).content
        assert file == served == content(stack, each)
        assert content(stack, each, Range="bytes=20-59") == file[20:60]
        assert (sha256(file).hexdigest(), len(file)) == (each["sha256"], each["size_bytes"])
    assert list(stack.folder.glob("recordings/drafts/*")) == []
    said = [(line["track"], line["text"]) for call in details(stack, campaign) for line in call["transcript"]]
    assert ("outbound", "You are hearing an artificial voice. Hello Ada") in said


def all_fetched(stack: StackRun, campaign: CampaignRun) -> list[dict[str, Any]]:
    """Return the campaign's recordings once each that was told is here; who hangs up at once is not recorded."""
    told = {
        call["id"]
        for call in details(stack, campaign)
        if any(line["type"] == "call.recording.saved" for line in call["timeline"])
    }
    found = list(stack.rest.pages("/v1/recordings", campaign_id=campaign.id))
    is_done = {each["call_id"] for each in found} == told and all(each["status"] == "fetched" for each in found)
    return found if is_done else []


def details(stack: StackRun, campaign: CampaignRun) -> list[dict[str, Any]]:
    return [stack.rest.get(f"/v1/calls/{call['id']}") for call in campaign.calls()]


def content(stack: StackRun, recording: dict[str, Any], **headers: str) -> bytes:
    address = f"http://127.0.0.1:{stack.port}{recording['content']}"
    answer = requests.get(address, headers={"Authorization": f"Bearer {API_KEY}", **headers}, timeout=30)
    assert answer.status_code == (206 if headers else 200), answer.text
    return answer.content
