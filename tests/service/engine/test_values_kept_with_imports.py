"""What everybody is to have comes with the first contact of a file that needs it: both stand, or neither does."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from io import BytesIO
from typing import Any

import pytest

from orchestrator.errors import ChangedMeanwhile, Conflict, InvalidInput
from orchestrator.ids import new_id
from orchestrator.operations.campaigns.cancel_campaign import cancel_campaign
from orchestrator.operations.campaigns.change_campaign import change_campaign
from orchestrator.operations.campaigns.share_variables import share_values
from orchestrator.operations.contacts.change_contact import ContactChange, change_contact
from orchestrator.operations.contacts.import_contacts import ForEverybody, ImportOptions, import_contacts
from orchestrator.policy.campaign_rules import CampaignChanges
from tests.support.lock_points import LockPoint, in_thread, waits_for_a_lock
from tests.support.stepwise import Process
from tests.support.watched_stores import Fault
from tests.support.world import World

VALUES = {"first_name": "neighbor"}
ASKS = """
name: asks
inputs: {first_name: {}}
outcomes: [heard]
outcome: heard
start: bye
steps:
  bye: {speak: {payload: "Hello {{ contact.first_name }}", voice: female}, on: {call.speak.ended: end}}
  end: {hangup: {}}
"""


def bring(world: World, campaign_id: str, *phones: str, **said: Any) -> Any:
    keep = partial(share_values, campaign_id=campaign_id, values=VALUES, flows=world.flows, **said)
    return bring_without_values(world, campaign_id, *phones, shared=ForEverybody(frozenset(VALUES), keep))


def bring_without_values(world: World, campaign_id: str, *phones: str, **how: Any) -> Any:
    file = BytesIO("\n".join(("phone", *phones)).encode())
    return world.run(import_contacts, campaign_id, file, options=ImportOptions(), import_id=new_id("imp"), **how)


def standing(world: World, campaign_id: str) -> tuple[Any, int]:
    [[contacts]] = world.query("SELECT count(*) FROM contacts")
    return world.campaign_row(campaign_id)["variables"], contacts


def test_the_contacts_and_what_they_need_stand_or_fall_together_wherever_a_process_dies(
    world: World, process: Process
) -> None:
    calm = world.campaign(flow=ASKS)
    process.begin("import", lambda alive: bring(alive, calm, "+13125550101"))
    process.run_out()
    world.execute("DELETE FROM contacts")
    seen = set()

    for n in range(len(process.passed)):
        campaign_id = world.campaign(flow=ASKS)
        process.begin("import", lambda dying, of=campaign_id: bring(dying, of, "+13125550101"))  # type: ignore[misc]
        for _ in range(n):
            process.go_on()
        process.go_on(Fault.DEATH)
        seen.add(str(standing(world, campaign_id)))
        world.execute("DELETE FROM contacts")
        process.renew()

    assert seen == {str(({}, 0)), str((VALUES, 1))}


def test_values_of_a_file_that_brings_nobody_are_not_kept(world: World) -> None:
    campaign_id = world.campaign(flow=ASKS)

    done = bring(world, campaign_id, "nobody")

    assert (done.status, done.invalid, standing(world, campaign_id)) == ("completed", 1, ({}, 0))


def test_values_of_a_file_that_is_refused_are_not_kept(world: World) -> None:
    campaign_id = world.campaign(flow=ASKS)
    world.run(cancel_campaign, campaign_id)

    with pytest.raises(Conflict):
        bring(world, campaign_id, "+13125550101")

    assert standing(world, campaign_id) == ({}, 0)


def test_values_that_somebody_else_has_changed_meanwhile_bring_nobody(world: World) -> None:
    campaign_id = world.campaign(flow=ASKS)

    def refuse(_campaign: object) -> None:
        raise ChangedMeanwhile("another")

    with pytest.raises(ChangedMeanwhile):
        bring(world, campaign_id, "+13125550101", expects=refuse)

    assert standing(world, campaign_id) == ({}, 0)
    assert world.query("SELECT status FROM imports") == [("failed",)]


def test_values_that_are_kept_cannot_be_taken_from_those_who_need_them(world: World) -> None:
    campaign_id = world.campaign(flow=ASKS)
    bring(world, campaign_id, "+13125550101")

    with pytest.raises(InvalidInput, match="lack an input"):
        world.run(change_campaign, campaign_id, CampaignChanges.model_validate({"variables": {"first_name": None}}))

    assert standing(world, campaign_id) == (VALUES, 1)


def test_two_files_with_the_same_new_zone_wait_for_each_other_and_both_come_in(world: World) -> None:
    campaign_id = world.campaign(flow=ASKS, variables=VALUES)
    zone_is_written = LockPoint(world.sql, before="UPDATE imports SET params")

    with in_thread(lambda: bring_without_values(world, campaign_id, "+18085550101")) as plain:
        zone_is_written.is_reached()
        with in_thread(lambda: bring(world, campaign_id, "+18085550102")) as shared:
            waits_for_a_lock(world, unless=shared)
            zone_is_written.go_on()

    assert [each.result().status for each in (plain, shared)] == ["completed"] * 2
    assert standing(world, campaign_id) == (VALUES, 2)


def test_an_edit_of_a_person_waits_for_a_file_that_brings_the_same_new_zone(world: World) -> None:
    campaign_id = world.campaign(flow=ASKS, variables=VALUES)
    bring_without_values(world, campaign_id, "+13125550101")
    [[contact_id]] = world.query("SELECT id FROM contacts")
    moved = ContactChange.model_validate({"phone": "+18085550101"})
    zone_is_written = LockPoint(world.sql, before="UPDATE imports SET params")

    with in_thread(lambda: bring(world, campaign_id, "+18085550102")) as shared:
        zone_is_written.is_reached()
        with in_thread(lambda: world.run(change_contact, contact_id, moved, call_estimate=Decimal(0))) as edit:
            waits_for_a_lock(world, unless=edit)
            zone_is_written.go_on()

    assert shared.result().status == "completed"
    assert edit.result().phone == "+18085550101"
    assert len(world.query("SELECT 1 FROM contacts WHERE zone = 'Pacific/Honolulu'")) == 2
