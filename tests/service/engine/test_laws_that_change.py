"""Who waits for a cap or a rest of the law is asked for again when another law holds: nobody waits for what is over."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from orchestrator.clock import utc_now
from orchestrator.operations.campaigns.change_campaign import change_campaign
from orchestrator.operations.contacts.change_contact import ContactChange, change_contact
from orchestrator.policy.campaign_rules import CampaignChanges
from tests.support.lists import status
from tests.support.world import BECAUSE, World

BY_LAW = ("rest_after_human", "rest_after_abandoned", "number_week_limit", "subject_day_limit", "number_gap")
OFF = {"mode": "off", "because": BECAUSE}


def held(world: World, reason: str, **campaign: Any) -> str:
    in_a_week = utc_now() + timedelta(days=7)
    campaign_id = world.campaign(purpose="debt", law={"mode": "enforce", "packs": "auto", "because": None}, **campaign)
    return world.contact(campaign_id, status="held", reason=reason, due_at=in_a_week)


@pytest.mark.parametrize("reason", BY_LAW)
@pytest.mark.parametrize("changes", [{"law": OFF}, {"voice": "agent"}, {"flow": None}], ids=["law", "voice", "flow"])
def test_who_waits_by_the_law_is_released_when_the_campaign_has_another(
    world: World, reason: str, changes: dict[str, Any]
) -> None:
    contact_id = held(world, reason, status="paused")
    given = {name: value or world.flow() for name, value in changes.items()}

    world.run(change_campaign, world.contact_row(contact_id)["campaign_id"], CampaignChanges(**given))

    assert status(world, contact_id) == ("waiting", None)


@pytest.mark.parametrize("reason", BY_LAW)
@pytest.mark.parametrize("change", [{"region": "US-FL"}, {"timezone": "America/Denver"}], ids=["region", "timezone"])
def test_who_waits_by_the_law_is_released_when_the_person_is_elsewhere(
    world: World, reason: str, change: dict[str, str]
) -> None:
    contact_id = held(world, reason)

    world.run(change_contact, contact_id, ContactChange(**change))  # type: ignore[arg-type]  # pydantic's

    assert status(world, contact_id) == ("waiting", None)
