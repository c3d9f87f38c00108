"""A campaign that is changed finds its contacts again: where each of them is follows from what it says now."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from orchestrator.clock import utc_now
from orchestrator.ids import new_id
from orchestrator.operations.campaigns.change_campaign import change_campaign
from orchestrator.operations.contacts.add_contacts import add_contacts
from orchestrator.operations.contacts.change_contact import ContactChange, change_contact
from orchestrator.operations.contacts.import_contacts import ImportOptions, import_contacts
from orchestrator.operations.contacts.renew_zones import renew_zones
from orchestrator.policy.campaign_rules import CampaignChanges
from orchestrator.policy.zones.zone_names import zone_info
from orchestrator.policy.zones.zones_version import zones_version
from tests.support.lock_points import LockPoint, in_thread, waits_for_a_lock
from tests.support.world import World

NOWHERE = "+18005550142"
FAR, HERE = "Asia/Tokyo", "America/New_York"
DAYTIME = {"timezone": "contact", "windows": [{"days": ["mon-fri"], "start": "09:00", "end": "17:00"}]}


def open_only_in(zone: str) -> dict[str, Any]:
    """Return three hours of a day that are under way in a zone, and far away over."""
    start = utc_now().astimezone(zone_info(zone)) - timedelta(hours=1)
    window = {"days": ["mon-sun"], "start": f"{start:%H:%M}", "end": f"{start + timedelta(hours=3):%H:%M}"}
    return {"timezone": "contact", "windows": [window]}


def change(world: World, campaign_id: str, **changes: Any) -> None:
    world.run(change_campaign, campaign_id, CampaignChanges(**changes))


def waiting(world: World, campaign_id: str, **columns: Any) -> str:
    return world.contact(campaign_id, phone=NOWHERE, **{"zones_version": zones_version().name, **columns})


def dialed(world: World) -> int:
    world.__dict__.pop("dispatcher", None)  # it remembers the zones of a campaign for a while
    return len(world.dispatcher.dispatch_calls())


def test_another_default_zone_moves_those_whom_the_one_before_had_placed(world: World) -> None:
    campaign_id = world.campaign(calling_hours=open_only_in(FAR), default_timezone=HERE)
    contact_id = waiting(world, campaign_id, zone=HERE)
    assert dialed(world) == 0

    change(world, campaign_id, default_timezone=FAR)
    assert renew_zones(world.sql) == 1

    assert world.contact_row(contact_id)["zone"] == FAR
    assert dialed(world) == 1


def test_another_default_zone_moves_nobody_who_has_a_zone_of_his_own(world: World) -> None:
    campaign_id = world.campaign(calling_hours=DAYTIME, default_timezone=HERE)
    own = waiting(world, campaign_id, zone=HERE, timezone=HERE)
    by_number = world.contact(campaign_id, phone="+12125550142", zone=HERE, zones_version=zones_version().name)

    change(world, campaign_id, default_timezone=FAR)
    renew_zones(world.sql)

    assert {world.contact_row(each)["zone"] for each in (own, by_number)} == {HERE}


def test_who_is_being_called_while_the_default_changes_is_found_when_he_waits_again(world: World) -> None:
    campaign_id = world.campaign(calling_hours=open_only_in(HERE), default_timezone=HERE)
    contact_id = waiting(world, campaign_id, zone=HERE)
    [_] = world.claim(campaign_id)

    change(world, campaign_id, default_timezone=FAR)
    world.execute("UPDATE calls SET state = 'withdrawn'")
    world.execute("UPDATE contacts SET status = 'waiting', current_call_id = NULL")
    renew_zones(world.sql)

    assert world.contact_row(contact_id)["zone"] == FAR


@pytest.mark.parametrize("status", ["waiting", "calling"])
def test_a_first_default_zone_places_those_who_are_in_none(world: World, status: str) -> None:
    campaign_id = world.campaign(purpose="emergency")
    [added] = world.run(add_contacts, campaign_id, [{"phone": NOWHERE}])
    world.execute("UPDATE contacts SET status = :status", status=status)

    change(world, campaign_id, default_timezone=FAR)

    assert world.contact_row(str(added.contact_id))["zone"] == FAR


@pytest.mark.parametrize("status", ["waiting", "calling"])
def test_after_an_emergency_the_default_zone_counts_again(world: World, status: str) -> None:
    campaign_id = world.campaign(
        calling_hours=open_only_in(FAR), default_timezone=FAR, purpose="emergency", status="paused"
    )
    [added] = world.run(add_contacts, campaign_id, [{"phone": NOWHERE}])
    world.execute("UPDATE contacts SET status = :status", status=status)

    change(world, campaign_id, purpose="informational")

    assert world.contact_row(str(added.contact_id))["zone"] == FAR


def test_a_contact_that_is_changed_beside_its_campaign_is_placed_by_what_the_campaign_says_then(world: World) -> None:
    campaign_id = world.campaign(calling_hours=open_only_in(FAR), default_timezone=HERE)
    contact_id = world.contact(campaign_id, phone="+12125550142", zone=HERE, zones_version=zones_version().name)
    world.execute("UPDATE contacts SET zone = 'America/Chicago'")  # not where a default would have placed it
    placed = LockPoint(world.sql, before="UPDATE contacts")

    with in_thread(lambda: world.run(change_contact, contact_id, ContactChange(phone=NOWHERE))):
        placed.is_reached()
        with in_thread(lambda: change(world, campaign_id, default_timezone=FAR)) as changed:
            waits_for_a_lock(world, unless=changed)
            placed.go_on()
    renew_zones(world.sql)

    assert world.contact_row(contact_id)["zone"] == FAR
    assert dialed(world) == 1


class _Documents(list[Any]):
    """An upload that a change of the campaign overtakes: it is read once the campaign has been."""

    def __init__(self, world: World, campaign_id: str) -> None:
        super().__init__([{"phone": NOWHERE}])
        self._change = lambda: change(world, campaign_id, default_timezone=FAR)

    def __iter__(self) -> Iterator[Any]:
        self._change()
        return super().__iter__()


class _File(io.BytesIO):
    """The same of a file."""

    def __init__(self, world: World, campaign_id: str) -> None:
        super().__init__(f"phone\n{NOWHERE}\n".encode())
        self._change = lambda: change(world, campaign_id, default_timezone=FAR)

    def read(self, size: int | None = -1, /) -> bytes:
        self._change()
        return super().read(size)


@pytest.mark.parametrize("how", ["contacts", "file"])
def test_an_upload_that_a_change_of_the_default_overtakes_is_found_by_it(world: World, how: str) -> None:
    campaign_id = world.campaign(calling_hours=open_only_in(FAR))

    if how == "contacts":
        world.run(add_contacts, campaign_id, _Documents(world, campaign_id))
    else:
        file = _File(world, campaign_id)
        world.run(import_contacts, campaign_id, file, options=ImportOptions(), import_id=new_id("imp"))
    renew_zones(world.sql)

    assert world.query("SELECT zone FROM contacts") == [(FAR,)]
    assert dialed(world) == 1
