"""A person who is said to be in a region is called when it is day there, too, however the contact was written."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest

from orchestrator.ids import new_id
from orchestrator.operations.campaigns.change_campaign import change_campaign
from orchestrator.operations.campaigns.explain_number import NumberToExplain, explain_number
from orchestrator.operations.contacts.add_contacts import add_contacts
from orchestrator.operations.contacts.change_contact import ContactChange, change_contact
from orchestrator.operations.contacts.explain_contact import explain_contact
from orchestrator.operations.contacts.import_contacts import ImportOptions, import_contacts
from orchestrator.operations.contacts.renew_zones import renew_zones
from orchestrator.policy.campaign_rules import CampaignChanges
from orchestrator.policy.explain import Verdict
from orchestrator.policy.hold_reasons import Reason
from orchestrator.policy.zones.zones_version import zones_version
from tests.support.world import World

NEW_YORK, TOLL_FREE = "+12125550123", "+18005550142"
EASTERN, CENTRAL, PACIFIC, HAWAII = "America/New_York", "America/Chicago", "America/Los_Angeles", "Pacific/Honolulu"
BOTH = f"{EASTERN}|{HAWAII}"
NINE_TO_EIGHT = {"timezone": "contact", "windows": [{"days": ["mon-sat"], "start": "09:00", "end": "20:00"}]}
NINE_IN_NEW_YORK = datetime(2026, 11, 30, 14, tzinfo=UTC)  # four in the morning in Honolulu
EIGHT_IN_HONOLULU = datetime(2026, 11, 30, 18, tzinfo=UTC)
NINE_IN_HONOLULU = datetime(2026, 11, 30, 19, tzinfo=UTC)


def test_nobody_in_hawaii_is_called_at_four_in_the_morning_because_the_number_is_of_new_york(world: World) -> None:
    campaign_id = world.campaign(calling_hours=NINE_TO_EIGHT, purpose="sales")
    contact_id = world.contact(campaign_id, phone=NEW_YORK, region="US-HI")

    answer = world.run(explain_contact, contact_id, at=NINE_IN_NEW_YORK)

    told = answer.explanation
    assert (told.verdict, told.reason, told.until) == (Verdict.HOLD, Reason.OUTSIDE_HOURS, NINE_IN_HONOLULU)
    assert [(zone.name, zone.source) for zone in answer.zones] == [(EASTERN, "number"), (HAWAII, "region")]


def test_a_number_that_is_asked_about_is_judged_by_its_region_too(world: World) -> None:
    wanted = NumberToExplain(phone=NEW_YORK, region="US-HI", timezone=EASTERN, purpose="sales", at=NINE_IN_NEW_YORK)

    answer = world.run(explain_number, wanted)

    told = answer.explanation
    assert (told.reason, told.until) == (Reason.LAW_HOURS, EIGHT_IN_HONOLULU)
    assert [(zone.name, zone.source) for zone in answer.zones] == [(EASTERN, "contact"), (HAWAII, "region")]


@pytest.mark.parametrize("how", ["contacts", "file"])
def test_a_new_contact_is_placed_by_its_region_too(world: World, how: str) -> None:
    campaign_id = world.campaign(calling_hours=NINE_TO_EIGHT)

    if how == "contacts":
        world.run(add_contacts, campaign_id, [{"phone": NEW_YORK, "region": "us-hi"}])
    else:
        file = io.BytesIO(f"phone,region\n{NEW_YORK},us-hi\n".encode())
        world.run(import_contacts, campaign_id, file, options=ImportOptions(), import_id=new_id("imp"))

    assert world.query("SELECT zone FROM contacts") == [(BOTH,)]
    assert (BOTH,) in world.query("SELECT zone FROM campaign_zones")


def test_who_is_said_to_be_in_another_region_is_placed_anew(world: World) -> None:
    campaign_id = world.campaign(calling_hours=NINE_TO_EIGHT)
    contact_id = world.contact(campaign_id, phone=NEW_YORK, zone=EASTERN)
    zones = []

    for change in ({"region": "US-HI"}, {"priority": 5}, {"variables": {"first_name": "Ann"}}, {"region": None}):
        world.run(change_contact, contact_id, ContactChange.model_validate(change))
        zones.append(world.contact_row(contact_id)["zone"])

    assert zones == [BOTH, BOTH, BOTH, EASTERN]
    assert (BOTH,) in world.query("SELECT zone FROM campaign_zones")


def test_contacts_that_an_older_version_placed_by_the_number_alone_are_placed_anew(world: World) -> None:
    campaign_id = world.campaign(calling_hours=NINE_TO_EIGHT)
    contact_id = world.contact(campaign_id, phone=NEW_YORK, region="US-HI", zone=EASTERN, zones_version=None)

    assert renew_zones(world.sql) == 1

    assert world.contact_row(contact_id)["zone"] == BOTH


def test_a_default_moves_nobody_whose_place_is_known(world: World) -> None:
    """Neither who is said to be in a region, nor a number on two clocks of which a short day has none in common."""
    hour = {"timezone": "contact", "windows": [{"days": ["mon-sun"], "start": "17:00", "end": "18:00"}]}
    campaign_id = world.campaign(calling_hours=hour)
    said = {"zones_version": zones_version().name}
    moved = world.contact(campaign_id, phone=TOLL_FREE, zone="", **said)
    far_apart = world.contact(campaign_id, phone=NEW_YORK, region="US-GU", zone=f"{EASTERN}|Pacific/Guam", **said)
    on_two_clocks = world.contact(campaign_id, phone="+14232001234", zone=f"{CENTRAL}|{EASTERN}", **said)
    world.execute("INSERT INTO campaign_zones (campaign_id, zone) SELECT DISTINCT campaign_id, zone FROM contacts")

    world.run(change_campaign, campaign_id, CampaignChanges(default_timezone=PACIFIC))

    zones = [world.contact_row(each)["zone"] for each in (moved, far_apart, on_two_clocks)]
    assert zones == [PACIFIC, f"{EASTERN}|Pacific/Guam", f"{CENTRAL}|{EASTERN}"]
    evening = datetime(2026, 12, 1, 1, 30, tzinfo=UTC)  # 20:30 in New York, 17:30 in Los Angeles
    told = world.run(explain_contact, on_two_clocks, at=evening).explanation
    assert (told.verdict, told.reason) == (Verdict.HOLD, Reason.ZONE_UNKNOWN)
