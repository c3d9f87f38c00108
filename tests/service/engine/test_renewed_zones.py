"""After an upgrade the zones of open contacts are derived anew, in batches, beside dialing."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from orchestrator.operations.campaigns.change_campaign import change_campaign
from orchestrator.operations.contacts.renew_zones import renew_zones
from orchestrator.policy.campaign_rules import CampaignChanges
from orchestrator.policy.zones.zones_version import zones_version
from orchestrator.store.sql.outdated_zones import BATCH
from tests.support.plans import explained
from tests.support.world import ZONE, World
from workers.engine.sweepers import sweep_loops

TWO_CLOCKS, BOTH = "+12192002000", "America/Chicago|America/New_York"
NOW = zones_version()
SAME_RELEASES = NOW.name.rpartition("/")[0]
OTHERS = [
    None,
    "2025b/008.013.000/ffffffff",
    "2026e/009.000.043/00000000",
    f"{SAME_RELEASES}/00000000",
    f"{SAME_RELEASES}/ffffffff",
]


def told(world: World, contact_id: str) -> tuple[str, str | None]:
    row = world.contact_row(contact_id)
    return row["zone"], row["zones_version"]


def zones_listed(world: World, campaign_id: str) -> set[str]:
    return {row[0] for row in world.query("SELECT zone FROM campaign_zones WHERE campaign_id = :id", id=campaign_id)}


@pytest.mark.parametrize("status", ["waiting", "held"])
@pytest.mark.parametrize("version", OTHERS)
def test_an_open_contact_that_other_data_placed_is_placed_anew(world: World, version: str | None, status: str) -> None:
    campaign_id = world.campaign()
    contact_id = world.contact(campaign_id, phone=TWO_CLOCKS, zone=ZONE, zones_version=version, status=status)

    assert (renew_zones(world.sql), renew_zones(world.sql)) == (1, 0)

    assert told(world, contact_id) == (BOTH, NOW.name)
    assert zones_listed(world, campaign_id) == {ZONE, BOTH}


@pytest.mark.parametrize("version", [NOW.name, "2999a/009.000.043/00000000", "2026f/999.000.000/00000000"])
def test_what_is_of_today_or_of_a_newer_version_beside_this_one_is_left_alone(world: World, version: str) -> None:
    contact_id = world.contact(world.campaign(), phone=TWO_CLOCKS, zone=ZONE, zones_version=version)

    assert renew_zones(world.sql) == 0
    assert told(world, contact_id) == (ZONE, version)


@pytest.mark.parametrize("status", ["calling", "completed", "exhausted", "canceled"])
def test_a_contact_that_is_called_or_done_is_left_alone(world: World, status: str) -> None:
    contact_id = world.contact(world.campaign(), phone=TWO_CLOCKS, zone=ZONE, status=status)

    assert renew_zones(world.sql) == 0
    assert told(world, contact_id) == (ZONE, None)


def test_the_contacts_own_zone_and_the_campaigns_default_count_as_they_did(world: World) -> None:
    hours = {"windows": [{"days": ["mon-fri"], "start": "09:00", "end": "17:00"}]}
    campaign_id = world.campaign(default_timezone="America/Denver", calling_hours=hours)
    own = world.contact(campaign_id, phone=TWO_CLOCKS, zone="", timezone="America/Phoenix")
    free = world.contact(campaign_id, phone="+18005550123", zone="")

    assert renew_zones(world.sql) == 2

    assert told(world, own)[0] == "America/Phoenix"
    assert told(world, free)[0] == "America/Denver"
    assert zones_listed(world, campaign_id) == {ZONE, "America/Phoenix", "America/Denver"}


@pytest.mark.parametrize(
    ("reason", "zone", "status"),
    [
        ("outside_hours", BOTH, "waiting"),
        ("outside_hours", ZONE, "waiting"),
        ("law_hours", BOTH, "waiting"),
        ("law_holiday", BOTH, "waiting"),
        ("zone_unknown", "", "waiting"),
        ("zone_unknown", BOTH, "held"),  # nothing has changed: nobody knows an hour for it
        ("number_gap", ZONE, "held"),
        ("not_yet", ZONE, "held"),
    ],
)
def test_who_is_held_by_the_clock_is_looked_at_again(world: World, reason: str, zone: str, status: str) -> None:
    held: dict[str, Any] = {"status": "held", "reason": reason, "due_at": None}
    contact_id = world.contact(world.campaign(), phone=TWO_CLOCKS, zone=zone, **held)

    assert renew_zones(world.sql) == 1

    row = world.contact_row(contact_id)
    assert (row["zone"], row["status"]) == (BOTH, status)
    assert (row["due_at"] is not None, row["reason"]) == ((True, None) if status == "waiting" else (False, reason))


def test_many_are_renewed_in_batches_and_who_is_busy_by_a_later_one(world: World) -> None:
    campaign_id = world.campaign()
    world.execute(
        "INSERT INTO contacts (id, campaign_id, phone, zone) SELECT 'con_' || n, :id, '+1219' || (2000000 + n), :zone"
        " FROM generate_series(1, :many) n",
        id=campaign_id,
        zone=ZONE,
        many=BATCH + 50,
    )

    with world.sql.begin() as tx:
        tx.execute(text("SELECT id FROM contacts WHERE id = 'con_7' FOR UPDATE"))
        renewed = renew_zones(world.sql)

        while renewed < BATCH + 49 and (more := renew_zones(world.sql)):  # a slow machine does less at once
            renewed += more

    assert (renewed, told(world, "con_7")) == (BATCH + 49, (ZONE, None))
    assert (renew_zones(world.sql), told(world, "con_7")[1]) == (1, NOW.name)


def test_a_campaign_that_is_being_changed_is_waited_for_by_its_next_batch(world: World) -> None:
    """A default that is committed a moment later would not be in the zones that were derived before it."""
    campaign_id = world.campaign(calling_hours={"windows": [{"days": ["mon-fri"], "start": "09:00", "end": "17:00"}]})
    contact_id = world.contact(campaign_id, phone="+18005550123", zone="")

    with world.sql.begin() as tx:
        tx.execute(text("SELECT id FROM campaigns WHERE id = :id FOR NO KEY UPDATE"), {"id": campaign_id})
        assert renew_zones(world.sql) == 0
    world.run(change_campaign, campaign_id, CampaignChanges(default_timezone="America/Denver"))

    assert renew_zones(world.sql) == 1
    assert told(world, contact_id)[0] == "America/Denver"


def test_a_claim_in_the_zone_that_was_found_meets_the_contact(world: World) -> None:
    campaign_id = world.campaign()
    contact_id = world.contact(campaign_id, phone=TWO_CLOCKS, zone="America/Denver")
    assert world.dispatcher.dispatch_calls() == []

    renew_zones(world.sql)
    world.__dict__.pop("dispatcher")

    assert len(world.dispatcher.dispatch_calls()) == 1
    assert world.contact_row(contact_id)["status"] == "calling"


def test_when_nothing_is_old_each_look_reads_an_index_and_no_table(world: World) -> None:
    campaign_id = world.campaign()
    world.execute(
        "INSERT INTO contacts (id, campaign_id, phone, zone, zones_version) SELECT 'con_' || n, :id,"
        " '+1219' || (2000000 + n), :zone, :version FROM generate_series(1, 5000) n",
        id=campaign_id,
        zone=ZONE,
        version=NOW.name,
    )
    world.execute("ANALYZE contacts")

    with explained(world.sql, kept=True) as plans:
        assert renew_zones(world.sql) == 0

    assert len(plans) == 1
    assert [str(plan) for plan in plans if plan.pages > 10 or plan.read_whole] == []


def test_an_engine_renews_zones_by_itself(world: World) -> None:
    contact_id = world.contact(world.campaign(), phone=TWO_CLOCKS, zone=ZONE)

    [loop] = [loop for loop in sweep_loops(world.services) if loop.name == "zones"]
    loop.step()

    assert told(world, contact_id) == (BOTH, NOW.name)
