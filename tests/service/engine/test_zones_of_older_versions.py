"""What an older version wrote down of a contact's place does not count at the gate: the number is looked at again."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from orchestrator.clock import utc_now
from orchestrator.policy.calling_hours import next_opening
from orchestrator.policy.weekly_hours import CallingHours
from orchestrator.policy.zones.zone_names import zone_info
from tests.support.carrier_stub import CarrierStub
from tests.support.world import ZONE, World

TWO_CLOCKS = "+12192002000"  # stored as New York's alone by the version before
NEW_YORK = zone_info(ZONE)


def open_in_new_york_alone() -> dict[str, Any]:
    """Return hours that have begun in New York half an hour ago, and begin in Chicago in half an hour."""
    start = utc_now().astimezone(NEW_YORK) - timedelta(minutes=30)
    window = {"days": ["mon-sun"], "start": f"{start:%H:%M}", "end": f"{start + timedelta(hours=5):%H:%M}"}
    return {"timezone": "contact", "windows": [window]}


def opens_in_chicago(hours: dict[str, Any]) -> datetime | None:
    return next_opening(CallingHours.model_validate(hours), "America/Chicago", utc_now())


def test_a_contact_stored_with_one_zone_of_two_waits_for_the_other(world: World) -> None:
    hours = open_in_new_york_alone()
    campaign_id = world.campaign(calling_hours=hours)
    contact_id = world.contact(campaign_id, phone=TWO_CLOCKS, zone=ZONE)

    claimed = world.claim(campaign_id)

    held = world.contact_row(contact_id)
    assert (claimed, held["status"], held["reason"]) == ([], "held", "outside_hours")
    assert held["due_at"] == opens_in_chicago(hours)


def test_a_contact_that_says_its_own_zone_is_believed(world: World) -> None:
    campaign_id = world.campaign(calling_hours=open_in_new_york_alone())
    world.contact(campaign_id, phone=TWO_CLOCKS, zone=ZONE, timezone=ZONE)

    assert len(world.claim(campaign_id)) == 1


def test_the_campaigns_default_goes_on_for_a_number_that_is_no_places(world: World) -> None:
    campaign_id = world.campaign(calling_hours=open_in_new_york_alone(), default_timezone=ZONE)
    world.contact(campaign_id, phone="+18005550123", zone=ZONE)

    assert len(world.claim(campaign_id)) == 1


def test_a_call_claimed_before_the_upgrade_is_not_sent_where_it_is_too_early(
    world: World, carrier: CarrierStub
) -> None:
    campaign_id = world.campaign()
    world.contact(campaign_id, phone=TWO_CLOCKS, zone=ZONE)
    [call_id] = world.claim(campaign_id)
    world.execute(
        "UPDATE campaigns SET calling_hours = CAST(:hours AS jsonb) WHERE id = :id",
        hours=json.dumps(open_in_new_york_alone()),
        id=campaign_id,
    )

    world.dialer.dial_call(call_id)

    assert carrier.dials == []
    assert world.call_row(call_id)["state"] == "withdrawn"
