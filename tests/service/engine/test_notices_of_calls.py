"""A call says the notices that the law of the person's place asks for."""

from __future__ import annotations

import pytest

from orchestrator.flow.notices import Said
from orchestrator.model.live_call import LiveCall
from tests.support.carrier_stub import CarrierStub
from tests.support.incoming import CALLER, mapped, only_call, tell
from tests.support.world import BECAUSE, World

RECORDING = """
name: recorded
start: greet
steps:
  greet: {speak: {payload: "{{ recording_notice }} Hello.", voice: female}, on: {call.speak.ended: bye}}
  bye: {hangup: {}}
"""


def dialed_under(world: World, packs: str | list[str], *, flow: str) -> LiveCall:
    """Return the call to a person in New York of a campaign that these packs bind."""
    campaign_id = world.campaign(flow=flow, law={"mode": "off", "packs": packs, "because": BECAUSE})
    world.contact(campaign_id, phone="+12125550123")
    [call_id] = world.claim(campaign_id)
    world.dialer.dial_call(call_id)
    live = world.live(call_id)
    assert live is not None
    return live


@pytest.mark.parametrize(("region", "is_said"), [("US-FL", True), ("US-NY", False), (None, True)])
def test_a_call_says_what_the_law_of_the_contacts_region_asks_for(
    world: World, region: str | None, is_said: bool
) -> None:
    campaign_id = world.campaign(flow=RECORDING)
    world.contact(campaign_id, phone="+13125550142", region=region)  # a number of Illinois
    [call_id] = world.claim(campaign_id)

    world.dialer.dial_call(call_id)
    world.hear(call_id, "call.answered")
    world.work(call_id)

    live = world.live(call_id)
    assert live is not None
    assert live.contact["_recording_notice"] == ("This call is recorded." if is_said else "")


@pytest.mark.parametrize(("packs", "is_said"), [("auto", False), (["us-ca"], True)])
def test_the_packs_that_bind_a_campaign_bind_what_its_calls_say(
    world: World, packs: str | list[str], is_said: bool
) -> None:
    live = dialed_under(world, packs, flow=RECORDING)

    assert live.contact["_recording_notice"] == ("This call is recorded." if is_said else "")


@pytest.mark.parametrize("packs", ["auto", ["us-ca"]])
def test_the_packs_that_bind_a_campaign_bind_what_the_engine_says_for_a_flow(
    world: World, packs: str | list[str]
) -> None:
    live = dialed_under(world, packs, flow=LEFT_TO_THE_ENGINE)

    assert (Said.RECORDING_NOTICE in live.notices) == (packs != "auto")


@pytest.mark.parametrize(
    ("region", "packs", "is_said"), [(None, "auto", False), ("US-FL", "auto", True), (None, ["us-ca"], True)]
)
def test_who_calls_back_is_told_what_a_call_to_them_says(
    world: World, region: str | None, packs: str | list[str], is_said: bool
) -> None:
    mapped(world, RECORDING)
    campaign_id = world.campaign(flow=RECORDING, law={"mode": "off", "packs": packs, "because": BECAUSE})
    world.contact(campaign_id, phone=CALLER, region=region)
    [dialed] = world.claim(campaign_id)
    world.dialer.dial_call(dialed)

    tell(world)
    world.advance()

    live = world.live(only_call(world))
    assert live is not None
    assert live.contact["_recording_notice"] == ("This call is recorded." if is_said else "")


LEFT_TO_THE_ENGINE = """
name: left
start: record
steps:
  record: {record_start: {format: mp3, channels: single}, goto: greet}
  greet: {speak: {payload: "Hello.", voice: female}, on: {call.speak.ended: bye}}
  bye: {hangup: {}}
"""


@pytest.mark.parametrize(
    ("region", "first", "sent"),
    [
        ("US-FL", ("speak", "You are hearing an artificial voice. This call is recorded."), ["speak"]),
        ("US-NY", ("record_start", None), ["record_start", "speak"]),
    ],
)
def test_where_the_law_asks_for_it_a_call_is_recorded_when_it_was_said(
    world: World, carrier: CarrierStub, region: str, first: tuple[str, str | None], sent: list[str]
) -> None:
    campaign_id = world.campaign(flow=LEFT_TO_THE_ENGINE)
    world.contact(campaign_id, phone="+13125550142", region=region)
    [call_id] = world.claim(campaign_id)
    world.dialer.dial_call(call_id)

    for _ in range(2):  # the same webhook twice
        world.hear(call_id, "call.answered", ident="answered")
        world.work(call_id)

    [asked, *_] = carrier.actions
    assert (asked.path.rpartition("/")[2], asked.body.get("payload")) == first
    assert [asked.path.rpartition("/")[2] for asked in carrier.actions] == sent


@pytest.mark.parametrize("mode", ["off", "warn", "enforce"])
def test_notices_are_the_flows_own_whatever_a_campaign_says_of_the_law(
    world: World, carrier: CarrierStub, mode: str
) -> None:
    law = {"mode": mode, "packs": "auto", "because": None if mode == "enforce" else BECAUSE}
    campaign_id = world.campaign(flow=LEFT_TO_THE_ENGINE, law=law)
    world.contact(campaign_id, phone="+13125550142", region="US-FL", ignore_hours=True, ignore_hours_because=BECAUSE)
    [call_id] = world.claim(campaign_id)
    world.dialer.dial_call(call_id)
    world.hear(call_id, "call.answered")
    world.work(call_id)

    assert carrier.actions[0].body["payload"] == "You are hearing an artificial voice. This call is recorded."
