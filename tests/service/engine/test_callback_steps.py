"""A callback that the flow asks for is kept by the record of its call."""

from __future__ import annotations

from datetime import timedelta

import pytest

from orchestrator.clock import utc_now
from orchestrator.operations.contacts.call_back import Callback, call_back
from tests.support.world import World

ASKS = """
name: asks
outcomes: [later]
start: later
steps:
  later: {callback: {after: 2h, note: "in the flow"}, goto: bye}
  bye: {hangup: {}, outcome: later}
"""


def asked_by_flow(world: World, flow: str = ASKS) -> str:
    call_id = world.dialed_call(flow=flow, retry={"max_attempts": 1, "on": {}})
    world.advance()
    world.hear(call_id, "call.answered")
    world.work(call_id)
    live = world.live(call_id)
    assert live is not None and live.callback is not None
    return call_id


def test_r12_the_contact_waits_for_what_the_flow_asked(world: World) -> None:
    call_id = asked_by_flow(world)

    world.hang_up(call_id)

    row = world.contact_of(call_id)
    assert (row["status"], row["reason"], row["priority"], row["attempts_limit"]) == ("held", "callback", 1001, 2)
    assert abs(row["due_at"] - utc_now() - timedelta(hours=2)) < timedelta(minutes=1)
    assert (row["callback"]["note"], row["callback"]["call_id"], row["outcome"]) == ("in the flow", call_id, "later")


def test_what_is_asked_for_over_rest_comes_before_the_flow(world: World) -> None:
    call_id = asked_by_flow(world)
    world.run(call_back, call_id, Callback.model_validate({"after": "5h", "note": "a person"}))

    world.hang_up(call_id)

    row = world.contact_of(call_id)
    assert abs(row["due_at"] - utc_now() - timedelta(hours=5)) < timedelta(minutes=1)
    assert row["callback"]["note"] == "a person"


def test_r9_an_opt_out_in_the_flow_takes_its_callback_back(world: World) -> None:
    call_id = asked_by_flow(world, ASKS.replace("goto: bye", "goto: stop", 1) + "  stop: {suppress: {}, goto: bye}\n")

    world.hang_up(call_id)

    assert world.contact_of(call_id)["status"] == "completed"
    assert world.contact_of(call_id)["callback"] is None


@pytest.mark.parametrize("column", ["UPDATE contacts SET is_single = true", "UPDATE campaigns SET kind = 'single'"])
def test_a_single_call_calls_nobody_back(world: World, column: str) -> None:
    call_id = asked_by_flow(world)
    world.execute(column)

    world.hang_up(call_id)

    assert world.contact_of(call_id)["reason"] != "callback"
