"""A new installation, before its Redis was made whole for the first time."""

from __future__ import annotations

import pytest

from orchestrator.ids import new_id
from orchestrator.operations.dialing.place_call import NewCall, place_call
from tests.support.carrier_stub import CarrierStub
from tests.support.world import World


@pytest.mark.parametrize("row", ["UPDATE installation SET epoch = NULL", "DELETE FROM installation"])
def test_nobody_is_dialed_and_nothing_fails_before_redis_was_made_whole_for_the_first_time(
    world: World, row: str
) -> None:
    world.contact(world.campaign())
    world.redis.delete(world.keys.epoch)
    world.execute(row)

    before = world.dispatcher.dispatch_calls()
    assert world.rebuilder.watch()
    after = world.dispatcher.dispatch_calls()

    assert (before, len(after)) == ([], 1)


def test_r20_a_call_that_was_placed_too_early_waits_and_is_dialed_under_its_id(
    world: World, carrier: CarrierStub
) -> None:
    world.redis.delete(world.keys.epoch)
    world.execute("UPDATE installation SET epoch = NULL")
    wanted = NewCall(
        to="+13125550177", from_="+13125550100", ignore_hours=True, because="a test", timezone="America/Chicago"
    )
    call = world.run(place_call, wanted, contact_id=new_id("con"))

    world.dialer.dial_calls(world.dispatcher.dispatch_calls())
    waits = world.call_row(call.id)["state"]
    assert world.rebuilder.watch()
    world.dialer.dial_calls(world.dispatcher.dispatch_calls())

    assert (waits, world.call_row(call.id)["state"]) == ("reserved", "accepted")
    assert len(carrier.dials) == 1
