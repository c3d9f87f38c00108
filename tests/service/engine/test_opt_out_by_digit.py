"""Who presses a flow's opt-out digit is suppressed like by a step of the flow, once, whatever becomes of the call."""

from __future__ import annotations

import pytest

from tests.support.carrier_stub import CarrierStub
from tests.support.world import World

FLOW = """
name: digit
opt_out: {digit: "9"}
outcomes: [heard]
outcome: heard
start: ask
steps:
  ask:
    gather_using_speak: {payload: "Press 1, or 9 to end these calls.", voice: female, valid_digits: "1"}
    on: {call.gather.ended: bye}
  bye: {hangup: {}}
"""
RETRY = {"max_attempts": 3, "on": {"answered": {"after": "1m"}}, "on_outcome": {}}


def asked_call(world: World) -> str:
    call_id = world.dialed_call(flow=FLOW, retry=RETRY)
    world.hear(call_id, "call.answered", ago_s=9)
    world.work(call_id)
    return call_id


def suppressions(world: World, call_id: str) -> list[tuple[str, str]]:
    phone = world.call_row(call_id)["to_number"]
    assert {row[0] for row in world.query("SELECT phone FROM suppressions")} <= {phone}
    return [(row[0], row[1]) for row in world.query("SELECT scope, reason FROM suppressions")]


def test_a_digit_that_the_gather_does_not_take_ends_the_calls_to_the_person(world: World, carrier: CarrierStub) -> None:
    call_id = asked_call(world)

    for _ in range(2):  # the same webhook twice
        world.hear(call_id, "call.dtmf.received", ident="nine", digit="9")
        world.work(call_id)
    world.hear(call_id, "call.speak.ended", status="completed")
    world.work(call_id)
    world.hang_up(call_id)

    sent = [asked.path.rsplit("/", 1)[1] for asked in carrier.actions]
    assert sent == ["gather_using_speak", "gather_stop", "speak", "hangup"]
    assert "You will not be called again" in carrier.actions[2].body["payload"]
    assert suppressions(world, call_id) == [("global", "opt-out")]
    assert world.contact_of(call_id)["status"] == "suppressed"


@pytest.mark.parametrize("is_late", [False, True], ids=["before the hangup", "behind the record"])
def test_r12_who_presses_it_and_hangs_up_is_not_called_again(world: World, is_late: bool) -> None:
    call_id = asked_call(world)
    if is_late:
        world.hang_up(call_id)

    world.hear(call_id, "call.dtmf.received", digit="9", ago_s=5)
    world.hang_up(call_id)

    assert suppressions(world, call_id) == [("global", "opt-out")]
    assert world.contact_of(call_id)["status"] in ("suppressed", "completed")
