"""What a campaign gives to everybody reaches calls: those it dials, and those that come back to it."""

from __future__ import annotations

from tests.support.carrier_stub import CarrierStub
from tests.support.incoming import CALLER, answered, inbound, mapped, tell
from tests.support.world import World

FLOW = """
name: greets
inputs: {first_name: {}, offer: {}, city: {default: Bern}}
start: greet
inbound: pick_up
steps:
  pick_up: {answer: {}, on: {call.answered: greet}}
  greet: {speak: {payload: "{{ contact.first_name }}: {{ contact.offer }}", voice: female}, on: {call.speak.ended: bye}}
  bye: {hangup: {}}
"""
SHARED = {"first_name": "friend", "offer": 7}


def test_a_call_has_what_its_campaign_gives_to_everybody_and_the_contacts_own_value_wins(
    world: World, carrier: CarrierStub
) -> None:
    campaign = world.campaign(flow=FLOW, variables=SHARED)
    people = {"Ada": {"first_name": "Ada"}, "friend": {"first_name": " ", "note": "x"}}
    contacts = {world.contact(campaign, variables=variables): name for name, variables in people.items()}

    for call_id in world.claim(campaign):
        world.dialer.dial_call(call_id)

        live = world.live(call_id)
        assert live is not None
        heard = {name: live.contact[name] for name in ("first_name", "offer", "city")}
        assert heard == {"first_name": contacts[live.contact_id or ""], "offer": 7, "city": "Bern"}


def test_a_call_under_way_keeps_what_it_began_with_and_the_next_has_the_new_value(
    world: World, carrier: CarrierStub
) -> None:
    campaign = world.campaign(flow=FLOW, variables=SHARED)
    world.contacts(campaign, 2)
    first, second = world.claim(campaign)
    world.dialer.dial_call(first)

    world.execute(
        """UPDATE campaigns SET variables = '{"first_name": "you", "offer": 8}' WHERE id = :id""", id=campaign
    )
    world.dialer.dial_call(second)

    offers = [live.contact["offer"] for call_id in (first, second) if (live := world.live(call_id))]
    assert offers == [7, 8]


def test_who_calls_back_hears_what_the_campaign_gives_to_everybody(world: World, carrier: CarrierStub) -> None:
    flow = FLOW.replace(": {}, ", ": {default: nothing}, ", 2)
    mapped(world, flow)
    campaign = world.campaign(flow=flow, variables=SHARED)
    world.contact(campaign, phone=CALLER, variables={"first_name": "Ada"})
    [dialed] = world.claim(campaign)
    world.dialer.dial_call(dialed)
    tell(world)
    world.advance()
    [row] = inbound(world)
    world.work(row.id)

    answered(world, row.id)
    world.work(row.id)

    assert carrier.actions[-1].body["payload"].endswith("Ada: 7")
