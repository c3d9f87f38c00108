"""Whoever changes a campaign, a contact, the policy or a pool waits for the sends that were judged by the old one."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, TypeVar

import pytest
from pydantic import BaseModel

from orchestrator.clock import rfc3339, utc_now
from orchestrator.ids import new_id
from orchestrator.operations.caller_ids.write_pools import change_pool, create_pool, remove_number
from orchestrator.operations.campaigns.change_campaign import change_campaign
from orchestrator.operations.contacts.bulk_changes import Stores
from orchestrator.operations.contacts.change_contact import ContactChange, change_contact
from orchestrator.operations.contacts.change_many import ManyContacts, change_contacts
from orchestrator.operations.contacts.manage_imports import withdraw_import
from orchestrator.operations.system.change_policy import PolicyChanges, change_policy
from orchestrator.policy.caller_id_pool import CallerIdPoolChanges, NewCallerIdPool
from orchestrator.policy.campaign_rules import CampaignChanges
from orchestrator.store.sql.dial_ledger import Send, lock_call, mark_first_sends, mark_over, mark_repeat
from tests.support.carrier_stub import CarrierStub
from tests.support.lists import add, make
from tests.support.poll import stays
from tests.support.world import World

SHOWN, OTHER = "+13125550100", "+13125550101"
TOMORROW = rfc3339(utc_now() + timedelta(days=1))
Change = Callable[[World, str], object]
Asked = TypeVar("Asked", bound=BaseModel)


def _lists(world: World, call_id: str) -> object:
    add(world, make(world), "+1312*")
    changes = CampaignChanges.model_validate({"lists": {"suppress": ["internal"]}})
    return world.run(change_campaign, world.call_row(call_id)["campaign_id"], changes)


def _policy(world: World, _call_id: str) -> object:
    return world.run(change_policy, PolicyChanges.model_validate({"caps": {"per_number_24h": 1}, "because": "a test"}))


def _removed(world: World, call_id: str) -> object:
    return world.run(remove_number, _pool_of(world, call_id), world.call_row(call_id)["from_number"])


def _left_out(world: World, call_id: str) -> object:
    kept = {SHOWN, OTHER} - {world.call_row(call_id)["from_number"]}
    changes = CallerIdPoolChanges.model_validate({"numbers": [{"number": number} for number in kept]})
    return world.run(change_pool, _pool_of(world, call_id), changes)


def _ended(world: World, call_id: str) -> object:
    return _edit(world, call_id, status="canceled")


def _done(world: World, call_id: str) -> object:
    return _edit(world, call_id, status="completed", outcome="paid")


def _put_off(world: World, call_id: str) -> object:
    return _edit(world, call_id, not_before=TOMORROW)


def _past_its_time(world: World, call_id: str) -> object:
    return _edit(world, call_id, not_after="2026-01-01T00:00:00Z")


def _moved(world: World, call_id: str) -> object:
    return _edit(world, call_id, timezone="Asia/Tokyo")


def _edit(world: World, call_id: str, **change: str) -> object:
    return world.run(change_contact, world.call_row(call_id)["contact_id"], _read(ContactChange, change))


def _canceled_together(world: World, call_id: str) -> object:
    return _together(world, call_id, action="cancel")


def _put_off_together(world: World, call_id: str) -> object:
    return _together(world, call_id, action="set_not_before", not_before=TOMORROW)


def _together(world: World, call_id: str, **what: str) -> object:
    asked = _read(ManyContacts, {"filter": {"campaign_id": world.call_row(call_id)["campaign_id"]}, **what})
    stores = Stores(world.sql, world.redis, world.keys)
    return world.run(change_contacts, asked, change_id=new_id("chg"), stores=stores)


def _withdrawn(world: World, call_id: str) -> object:
    row = world.call_row(call_id)
    world.execute(
        "INSERT INTO imports (id, campaign_id, status) VALUES ('imp_1', :of, 'completed')", of=row["campaign_id"]
    )
    world.execute("UPDATE contacts SET import_id = 'imp_1' WHERE id = :id", id=row["contact_id"])
    return world.run(withdraw_import, "imp_1")


def _read(kind: type[Asked], change: dict[str, Any]) -> Asked:
    return kind.model_validate_json(json.dumps(change))


def _pool_of(world: World, call_id: str) -> str:
    return str(world.campaign_row(world.call_row(call_id)["campaign_id"])["caller_id_pool"])


def _claimed(world: World) -> str:
    pool_id = new_id("pool")
    numbers = [{"number": SHOWN}, {"number": OTHER}]
    world.run(create_pool, NewCallerIdPool.model_validate({"name": pool_id, "numbers": numbers}), pool_id=pool_id)
    return world.claimed_call(caller_ids=[], caller_id_pool=pool_id)


_OF_CONTACTS = (
    _ended,
    _done,
    _put_off,
    _past_its_time,
    _moved,
    _canceled_together,
    _put_off_together,
    _withdrawn,
)


@pytest.mark.parametrize("send_no", [1, 2])
@pytest.mark.parametrize("change", [_lists, _policy, _removed, _left_out, *_OF_CONTACTS])
def test_r9_a_change_waits_for_a_send_that_is_being_judged(
    world: World, carrier: CarrierStub, change: Change, send_no: int
) -> None:
    carrier.dial = lambda _asked: (0, {})
    call_id = _claimed(world)
    if send_no == 2:
        world.dialer.dial_call(call_id)
        world.age_send(call_id, 16)

    with ThreadPoolExecutor(1) as pool:
        with world.sql.begin() as tx:  # as a send does: it has asked the gate, and will go by what it said
            lock_call(tx, call_id)
            changing = pool.submit(change, world, call_id)
            stays(lambda: not changing.done(), during=0.5)
            assert mark_repeat(tx, call_id) if send_no == 2 else mark_first_sends(tx, [call_id]) is None
        stays(lambda: not changing.done(), during=0.3)  # it is on its way now
        with world.sql.begin() as tx:
            mark_over(tx, Send(call_id, send_no, world.call_row(call_id)))  # type: ignore[arg-type]  # a row it is
        changing.result(timeout=10)


def test_a_change_waits_for_no_send_that_begins_behind_it(world: World) -> None:
    call_id = world.claimed_call()
    other = world.claimed_call()

    with world.sql.begin() as tx:
        lock_call(tx, other)
        world.run(change_campaign, world.call_row(call_id)["campaign_id"], CampaignChanges(number_gap="3h"))  # type: ignore[arg-type]  # pydantic's
