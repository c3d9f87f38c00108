"""A single call that is withdrawn before it is dialed: the person is called all the same, and who polls finds out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from orchestrator.clock import utc_now
from orchestrator.errors import InvalidInput
from orchestrator.ids import new_id
from orchestrator.operations.campaigns.complete_campaigns import complete_campaigns
from orchestrator.operations.dialing.place_call import DIALED_WITHIN, NewCall, place_call
from orchestrator.operations.dialing.stop_dialing import resume_dialing
from tests.support.carrier_stub import CarrierStub, accepted_dial, refusal
from tests.support.poll import eventually
from tests.support.world import World

Step = Callable[[World, CarrierStub], object]
PHONE = "+13125550177"


def _lose_redis(world: World, _carrier: CarrierStub) -> None:
    world.redis.delete(world.keys.epoch)


def _stop(world: World, _carrier: CarrierStub) -> None:
    world.stop_dialing()


def _say(*answer: Any) -> Step:
    def step(_world: World, carrier: CarrierStub) -> None:
        carrier.dial = lambda _asked: answer  # type: ignore[assignment]  # a status and a body

    return step


def _accept(_world: World, carrier: CarrierStub) -> None:
    carrier.dial = accepted_dial


_WAYS: dict[str, tuple[Step, Step]] = {
    "redis": (_lose_redis, lambda world, _carrier: world.prepare_again()),
    "dialing_stopped": (_stop, lambda world, _carrier: resume_dialing(world.sql)),
    "carrier_busy": (_say(*refusal(429, "10011")), _accept),
    "carrier_unavailable": (
        lambda world, _carrier: world.use_carrier("http://127.0.0.1:1/v2"),
        lambda world, carrier: world.use_carrier(carrier.url),
    ),
}


def _place(world: World, **said: Any) -> str:
    rules: dict[str, Any] = {"ignore_hours": True, "because": "a test", "timezone": "America/Chicago", **said}
    wanted = NewCall(to=PHONE, from_="+13125550100", **rules)
    call_id: str = world.run(place_call, wanted, contact_id=new_id("con")).id
    return call_id


@pytest.mark.parametrize("reason", _WAYS)
def test_r4_a_single_call_that_is_withdrawn_is_dialed_again_and_names_the_call_that_followed(
    world: World, carrier: CarrierStub, reason: str
) -> None:
    fail, mend = _WAYS[reason]
    call_id = _place(world)
    [published] = world.dispatcher.dispatch_calls()
    fail(world, carrier)
    world.dialer.dial_call(published)
    withdrawn = world.find_call(call_id).row
    assert (withdrawn.state, withdrawn.withdrawn_reason, withdrawn.next_call_id) == ("withdrawn", reason, None)

    mend(world, carrier)
    world.execute("UPDATE contacts SET due_at = now() WHERE due_at > now()")  # as if that time had passed
    next_id = eventually(lambda: next(iter(world.dispatcher.dispatch_calls()), None))
    world.dialer.dial_call(next_id)

    assert next_id != call_id and world.find_call(call_id).row.next_call_id == next_id
    assert world.find_call(next_id).row.next_call_id is None
    assert (world.call_row(next_id)["state"], world.call_row(next_id)["attempt"]) == ("accepted", 1)


def _stopped(world: World, **said: Any) -> str:
    """Return a call that a stop of all dialing has withdrawn."""
    call_id = _place(world, **said)
    world.dispatcher.dispatch_calls()
    world.stop_dialing()
    assert world.find_call(call_id).row.withdrawn_reason == "dialing_stopped"
    return call_id


@pytest.mark.parametrize("minutes", [None, 5])
def test_a_single_call_is_dialed_within_its_time_however_long_a_stop_lasts(
    world: World, carrier: CarrierStub, minutes: int | None
) -> None:
    said = {"not_after": utc_now() + timedelta(minutes=minutes)} if minutes else {}
    call_id = _stopped(world, **said)
    contact_id = world.call_row(call_id)["contact_id"]
    last = world.contact_row(contact_id)["not_after"]
    assert abs(last - (said.get("not_after") or utc_now() + DIALED_WITHIN)) < timedelta(minutes=1)
    world.execute("UPDATE contacts SET not_after = now()")  # as if that time had passed

    resume_dialing(world.sql)
    world.execute("UPDATE contacts SET due_at = now() WHERE status IN ('waiting', 'held')")
    world.dispatcher.dispatch_calls()
    complete_campaigns(world.sql)

    contact = world.contact_row(contact_id)
    assert (contact["status"], contact["reason"]) == ("expired", "too_late")
    assert carrier.dials == [] and world.find_call(call_id).row.next_call_id is None


def test_a_single_call_for_a_time_that_is_past_is_refused(world: World) -> None:
    with pytest.raises(InvalidInput) as told:
        _place(world, not_after=utc_now() - timedelta(seconds=1))

    assert [each["pointer"] for each in told.value.errors] == ["/not_after"]
