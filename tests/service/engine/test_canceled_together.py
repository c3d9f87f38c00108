"""Contacts are canceled together while a campaign runs: whoever the filter selects is called no more."""

from __future__ import annotations

from typing import Any

import redis

from orchestrator.ids import new_id
from orchestrator.operations.contacts.bulk_changes import Stores
from orchestrator.operations.contacts.change_many import ManyContacts, change_contacts
from tests.support.carrier_stub import CarrierStub
from tests.support.lock_points import LockPoint, in_thread
from tests.support.world import World

_FIRST_LOCK = "FOR UPDATE"


def cancel(world: World, campaign_id: str, client: redis.Redis | None = None, **filters: Any) -> Any:
    asked = ManyContacts.model_validate({"filter": {"campaign_id": campaign_id, **filters}, "action": "cancel"})
    stores = Stores(world.sql, client or world.redis, world.keys)
    return world.run(change_contacts, asked, change_id=new_id("chg"), stores=stores)


def test_whoever_is_claimed_while_they_are_canceled_is_not_missed(world: World, carrier: CarrierStub) -> None:
    campaign_id = world.campaign()
    contact_id = world.contact(campaign_id)
    point = LockPoint(world.sql, before=_FIRST_LOCK)

    with in_thread(lambda: cancel(world, campaign_id, statuses=["waiting"])) as canceling:
        point.is_reached()
        [call_id] = world.claim(campaign_id)
        point.go_on()
    world.dialer.dial_call(call_id)

    change: Any = canceling.result()
    assert (change.status, change.matched, change.changed) == ("completed", 1, 1)
    assert world.contact_row(contact_id)["status"] == "canceled"
    assert carrier.asked == []


def test_whoever_waits_again_while_they_are_canceled_is_not_missed(world: World, carrier: CarrierStub) -> None:
    campaign_id = world.campaign()
    contact_id = world.contact(campaign_id)
    [call_id] = world.claim(campaign_id)
    world.execute("UPDATE campaigns SET status = 'paused'")
    point = LockPoint(world.sql, before=_FIRST_LOCK)

    with in_thread(lambda: cancel(world, campaign_id)):
        point.is_reached()
        world.dialer.dial_call(call_id)
        assert world.contact_row(contact_id)["status"] == "waiting"
        point.go_on()

    assert world.contact_row(contact_id)["status"] == "canceled"
    assert carrier.asked == []


def test_what_was_claimed_for_whom_is_canceled_is_withdrawn_and_its_channel_is_free(world: World) -> None:
    campaign_id = world.campaign()
    world.contact(campaign_id)
    [call_id] = world.claim(campaign_id)

    cancel(world, campaign_id)

    row = world.call_row(call_id)
    assert (row["state"], row["withdrawn_reason"]) == ("withdrawn", "contact_closed")
    assert world.redis.zcard(world.keys.slots(row["connection_id"])) == 0


def test_a_cancel_needs_no_valkey(world: World) -> None:
    campaign_id = world.campaign()
    contact_id = world.contact(campaign_id)
    [call_id] = world.claim(campaign_id)

    change = cancel(world, campaign_id, redis.Redis(port=1))

    assert (change.status, change.changed) == ("completed", 1)
    assert world.contact_row(contact_id)["status"] == "canceled"
    assert world.call_row(call_id)["state"] == "withdrawn"
