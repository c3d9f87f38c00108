"""Registries: one that is too old holds whom it covers, and its import releases them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from orchestrator.clock import utc_now
from orchestrator.operations.campaigns.change_campaign import change_campaign
from orchestrator.operations.campaigns.complete_campaigns import complete_campaigns
from orchestrator.operations.contacts.change_contact import ContactChange, change_contact
from orchestrator.operations.contacts.explain_contact import explain_contact
from orchestrator.operations.lists.manage_lists import change_list
from orchestrator.operations.lists.sweep_lists import sweep_lists
from orchestrator.policy.campaign_rules import CampaignChanges
from orchestrator.policy.lists.list_fields import ListChanges
from orchestrator.store.sql.contact_transitions import lock_dialing_rules
from orchestrator.store.sql.sweeping_work import Work
from tests.support.carrier_stub import CarrierStub
from tests.support.lists import OTHER, PHONE, days_ago, load, make, status, work
from tests.support.poll import eventually
from tests.support.world import World


@pytest.mark.parametrize("age", [None, 31, 40])
def test_a_registry_that_is_too_old_holds_and_its_import_releases(world: World, age: int | None) -> None:
    list_id = make(world, "national", "registry", regions=["US"])
    if age is not None:
        load(world, list_id, OTHER, as_of=days_ago(age))
    campaign_id = world.campaign()
    contact = world.contact(campaign_id, phone=PHONE)

    assert world.claim(campaign_id) == [] and status(world, contact) == ("held", "list_stale")
    assert complete_campaigns(world.sql) == []

    load(world, list_id, OTHER)

    assert status(world, contact) == ("waiting", None)
    assert len(world.claim(campaign_id)) == 1


@pytest.mark.parametrize(
    ("purpose", "mode", "age", "said_by", "is_held"),
    [
        ("sales", "enforce", 32, "law", True),
        ("sales", "enforce", 30, "law", False),
        ("survey", "enforce", 32, "list", False),
        ("sales", "warn", 32, "list", False),
    ],
)
def test_a_registry_that_is_older_than_the_law_lets_a_copy_be_holds_though_its_own_age_is_longer(
    world: World, purpose: str, mode: str, age: int, said_by: str, is_held: bool
) -> None:
    load(world, make(world, "national", "registry", regions=["US"], max_age="90d"), OTHER, as_of=days_ago(age))
    law = {"mode": mode, "packs": "auto", "because": "a test"}
    contact_id = world.contact(world.campaign(purpose=purpose, voice="agent", law=law), phone=PHONE)

    told = world.run(explain_contact, contact_id, at=None).explanation

    [check] = [each for each in told.checks if each.check == "registries"]
    assert (check.reason == "list_stale") is is_held
    [registry] = check.facts["registries"]
    assert registry["said_by"] == said_by


def test_whom_a_registry_holds_by_law_is_let_go_when_the_law_is_not_enforced_any_more(world: World) -> None:
    law = {"mode": "enforce", "packs": "auto", "because": None}
    campaign_id = world.campaign(purpose="sales", voice="agent", law=law)
    contact_id = world.contact(campaign_id, phone=PHONE, status="held", reason="list_stale", due_at=None)

    changes = CampaignChanges.model_validate({"law": {"mode": "warn", "because": "a test"}})
    world.run(change_campaign, campaign_id, changes)

    assert status(world, contact_id) == ("waiting", None)


def test_a_registry_one_second_younger_than_its_age_lets_go(world: World) -> None:
    list_id = make(world, "national", "registry")
    load(world, list_id, OTHER, as_of=days_ago(31) + timedelta(seconds=30))
    campaign_id = world.campaign()
    world.contact(campaign_id, phone=PHONE)

    assert len(world.claim(campaign_id)) == 1


@pytest.mark.parametrize(
    ("regions", "phone", "is_held"),
    [
        ([], "+442071234567", True),
        (["US"], PHONE, True),
        (["US"], "+14165550123", False),
        (["CA", "US"], "+14165550123", True),
        (["US"], "+442071234567", False),
        (["GB"], "+442071234567", True),
    ],
)
def test_an_old_registry_holds_the_numbers_of_its_regions(
    world: World, regions: list[str], phone: str, is_held: bool
) -> None:
    make(world, "national", "registry", regions=regions)
    world.execute("""UPDATE connections SET dial_regions = '["US", "CA", "GB"]'""")
    campaign_id = world.campaign()
    contact = world.contact(campaign_id, phone=phone)

    world.claim(campaign_id)

    assert (status(world, contact) == ("held", "list_stale")) is is_held


def test_who_is_on_an_old_registry_is_not_dialed_later_either(world: World) -> None:
    load(world, make(world, "national", "registry"), PHONE, as_of=days_ago(40))
    campaign_id = world.campaign()
    contact = world.contact(campaign_id, phone=PHONE)

    world.claim(campaign_id)

    assert status(world, contact) == ("suppressed", "suppressed")


def test_a_registry_that_becomes_too_old_behind_the_claim_stops_the_send(world: World, carrier: CarrierStub) -> None:
    list_id = make(world, "national", "registry")
    load(world, list_id, OTHER)
    call_id = world.claimed_call()
    world.execute("UPDATE lists SET as_of = as_of - interval '32 days'")

    world.dialer.dial_call(call_id)

    assert carrier.dials == [] and status(world, world.call_row(call_id)["contact_id"]) == ("held", "list_stale")
    load(world, list_id, OTHER)
    assert status(world, world.call_row(call_id)["contact_id"]) == ("waiting", None)


@pytest.mark.parametrize("change", [{"max_age": "60d"}, {"regions": ["GB"]}, {"purposes": ["sales"]}])
def test_a_registry_that_is_changed_releases_whom_it_no_longer_holds(world: World, change: dict[str, Any]) -> None:
    list_id = make(world, "national", "registry")
    load(world, list_id, OTHER, as_of=days_ago(40))
    campaign_id = world.campaign()
    contact = world.contact(campaign_id, phone=PHONE)
    world.claim(campaign_id)

    world.run(change_list, list_id, ListChanges(**change))

    assert status(world, contact) == ("waiting", None) and len(world.claim(campaign_id)) == 1


def test_a_campaign_that_asks_no_registry_any_more_releases_whom_one_held(world: World) -> None:
    make(world, "national", "registry")
    campaign_id = world.campaign()
    contact = world.contact(campaign_id, phone=PHONE)
    world.claim(campaign_id)

    wanted = CampaignChanges.model_validate({"lists": {"registry": "off", "because": "own customers"}})
    world.run(change_campaign, campaign_id, wanted)

    assert status(world, contact) == ("waiting", None) and len(world.claim(campaign_id)) == 1


def test_a_contact_that_is_said_to_be_elsewhere_waits_for_the_registry_of_that_place(world: World) -> None:
    make(world, "florida", "registry", regions=["US-FL"])
    campaign_id = world.campaign()
    contact = world.contact(campaign_id, phone="+13055550142")  # Miami
    assert world.claim(campaign_id) == [] and status(world, contact) == ("held", "list_stale")

    world.run(change_contact, contact, ContactChange(region="US-CA"))

    assert status(world, contact) == ("waiting", None)
    world.execute("UPDATE contacts SET zone = 'America/New_York'")
    assert len(world.claim(campaign_id)) == 1


def test_whom_a_claim_holds_while_the_import_is_switched_is_released_too(world: World) -> None:
    list_id = make(world, "national", "registry")
    campaign_id = world.campaign()
    contact = world.contact(campaign_id, phone=PHONE)
    with ThreadPoolExecutor(1) as pool, world.sql.begin() as claim:
        assert lock_dialing_rules(claim, campaign_id)
        imported = pool.submit(load, world, list_id, OTHER)
        eventually(lambda: _somebody_waits(world))
        hold = "UPDATE contacts SET status = 'held', reason = 'list_stale', due_at = NULL WHERE id = :id"
        claim.execute(text(hold), {"id": contact})
        claim.commit()
        imported.result(timeout=20)

    assert status(world, contact) == ("waiting", None)


def _somebody_waits(world: World) -> bool:
    waiting = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    return bool(world.query(waiting))


def test_contacts_that_a_dead_process_has_not_released_are_released_by_the_sweeper(world: World) -> None:
    list_id = make(world, "national", "registry")
    campaign_id = world.campaign()
    held = [world.contact(campaign_id, status="held", reason="list_stale", due_at=None) for _ in range(3)]
    not_yet = world.contact(campaign_id, status="held", reason="not_yet", due_at=utc_now() + timedelta(hours=1))
    assert Work.LISTS not in work(world)
    world.execute("UPDATE lists SET is_to_release = true, as_of = now() WHERE id = :id", id=list_id)

    assert Work.LISTS in work(world)
    sweep_lists(world.sql)

    assert {status(world, contact) for contact in held} == {("waiting", None)}
    assert status(world, not_yet) == ("held", "not_yet")
    assert Work.LISTS not in work(world)
