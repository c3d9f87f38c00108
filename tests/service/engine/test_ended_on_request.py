"""A person is ended on request while its campaign claims it: once that is answered, nobody dials it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import redis

from orchestrator.operations.contacts.change_contact import ContactChange, change_contact
from orchestrator.operations.contacts.manage_imports import withdraw_import
from tests.support.carrier_stub import Asked, CarrierStub, accepted_dial
from tests.support.lock_points import LockPoint, in_thread
from tests.support.poll import stays
from tests.support.world import World

ENDS = ("canceled", "completed")
_ITS_LOCK, _A_SEND = "FOR UPDATE OF contacts", "UPDATE calls SET state = 'dialing'"


def end(world: World, contact_id: str, status: Any) -> Any:
    return world.run(change_contact, contact_id, ContactChange(status=status))


@pytest.mark.parametrize("status", ENDS)
def test_r9_what_is_claimed_for_a_person_who_is_being_ended_is_withdrawn(
    world: World, carrier: CarrierStub, status: str
) -> None:
    campaign_id = world.campaign()
    contact_id = world.contact(campaign_id)
    point = LockPoint(world.sql, before=_ITS_LOCK)

    with in_thread(lambda: end(world, contact_id, status)):
        point.is_reached()
        [call_id] = world.claim(campaign_id)
        point.go_on()

    row = world.call_row(call_id)
    assert (world.contact_row(contact_id)["status"], row["state"]) == (status, "withdrawn")
    assert world.redis.zcard(world.keys.slots(row["connection_id"])) == 0


@pytest.mark.parametrize("status", ENDS)
def test_r9_a_person_who_was_ended_is_not_dialed_by_a_claim_that_came_between(
    world: World, carrier: CarrierStub, status: str
) -> None:
    campaign_id = world.campaign()
    contact_id = world.contact(campaign_id)
    at_lock, at_send = LockPoint(world.sql, before=_ITS_LOCK), LockPoint(world.sql, before=_A_SEND)
    had_ended: list[bool] = []

    def answer(asked: Asked) -> tuple[int, dict[str, Any]]:
        had_ended.append(ending.done())
        return accepted_dial(asked)

    carrier.dial = answer
    with ThreadPoolExecutor(2) as pool:
        ending = pool.submit(end, world, contact_id, status)
        at_lock.is_reached()
        [call_id] = world.claim(campaign_id)
        dialing = pool.submit(world.dialer.dial_call, call_id)
        at_send.is_reached()  # the gate has let it go
        at_lock.go_on()
        stays(lambda: not ending.done(), during=0.5)
        at_send.go_on()
        dialing.result(timeout=10)
        ending.result(timeout=10)

    assert world.contact_row(contact_id)["status"] == status
    assert had_ended == [False]


def test_an_end_on_request_needs_no_valkey(world: World) -> None:
    call_id = world.claimed_call()
    contact_id = world.call_row(call_id)["contact_id"]

    world.run(change_contact, contact_id, ContactChange(status="canceled"), client=redis.Redis(port=1))

    assert (world.contact_row(contact_id)["status"], world.call_row(call_id)["state"]) == ("canceled", "withdrawn")


def test_the_withdrawal_of_an_import_needs_no_valkey(world: World) -> None:
    call_id = world.claimed_call()
    row = world.call_row(call_id)
    world.execute("INSERT INTO imports (id, campaign_id) VALUES ('imp_1', :id)", id=row["campaign_id"])
    world.execute("UPDATE contacts SET import_id = 'imp_1' WHERE id = :id", id=row["contact_id"])

    world.run(withdraw_import, "imp_1", client=redis.Redis(port=1))

    assert (world.contact_of(call_id)["status"], world.call_row(call_id)["state"]) == ("canceled", "withdrawn")
