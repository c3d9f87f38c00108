"""Webhooks of a connection that is not of this installation are noted and move no call."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import insert

from orchestrator.operations.events.dead_letters import list_unmatched
from orchestrator.store.sql import tables
from tests.support.incoming import inbound, mapped, tell
from tests.support.world import World

OTHER = "2876500012345678901"


def add_connection(world: World, ident: str) -> None:
    with world.sql.begin() as tx:
        tx.execute(insert(tables.connections).values(id=ident, calls_per_second=1, max_live_calls=1))


def noted(world: World) -> list[str]:
    return [kept.why for kept in list_unmatched(world.redis, world.keys)]


@pytest.mark.parametrize("told", [OTHER, int(OTHER), ["no", "id"]])
def test_a_webhook_of_another_connection_is_noted_and_moves_no_call_whatever_it_names(world: World, told: Any) -> None:
    call_id = world.dialed_call()
    world.advance()
    before = world.live(call_id)

    world.hear(call_id, "call.hangup", hangup_cause="user_busy", connection_id=told)
    world.advance()

    assert world.live(call_id) == before
    assert noted(world) == [f"it is of connection {told}, which is not of this installation"]
    assert (world.redis.xlen(world.keys.events), world.redis.xlen(world.keys.unmatched)) == (0, 0)


def test_a_webhook_of_another_connection_that_names_only_a_leg_of_ours_moves_no_call(world: World) -> None:
    call_id = world.dialed_call()
    world.hear(call_id, "call.initiated")
    world.advance()

    world.hear(call_id, "call.hangup", client_state=None, hangup_cause="user_busy", connection_id=OTHER)
    world.advance()

    assert (live := world.live(call_id)) is not None and live.phase == "ringing"
    assert len(noted(world)) == 1


def test_a_call_that_comes_in_on_another_connection_is_noted_and_not_taken_in(world: World) -> None:
    mapped(world)

    tell(world, connection_id=OTHER)
    world.advance()

    assert inbound(world) == []
    assert len(noted(world)) == 1


def test_a_webhook_of_another_connection_of_this_installation_moves_its_call(world: World) -> None:
    add_connection(world, OTHER)
    mapped(world)
    call_id = world.dialed_call()
    world.advance()

    world.hear(call_id, "call.answered", connection_id=int(OTHER))
    tell(world, connection_id=OTHER)
    world.advance()

    assert (live := world.live(call_id)) is not None and live.phase == "answered"
    assert len(inbound(world)) == 1
    assert noted(world) == []


@pytest.mark.parametrize("told", [None, ""])
def test_a_webhook_that_names_no_connection_moves_its_call(world: World, told: Any) -> None:
    call_id = world.dialed_call()
    world.advance()

    world.hear(call_id, "call.answered", connection_id=told)
    world.advance()

    assert (live := world.live(call_id)) is not None and live.phase == "answered"


def test_a_leg_of_a_transfer_is_heard_on_our_own_connection(world: World) -> None:
    call_id = world.dialed_call()
    world.hear(call_id, "call.answered")
    world.advance()

    world.hear(call_id, "call.initiated", leg="B", call_control_id="v3:target")
    world.advance()

    assert (live := world.live(call_id)) is not None and live.target_legs == ("v3:target",)
    assert noted(world) == []


def test_what_another_connection_tells_is_no_word_of_the_carrier_to_us(world: World) -> None:
    call_id = world.dialed_call()
    world.advance()
    heard = world.redis.hget(world.keys.health("conn-1"), "heard")

    world.hear(call_id, "call.answered", connection_id=OTHER)
    world.advance()

    assert world.redis.hget(world.keys.health("conn-1"), "heard") == heard
