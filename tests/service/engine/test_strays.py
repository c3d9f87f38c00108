"""Webhooks of legs that nobody here knows: whatever stands in them, they hold up no call of ours."""

from __future__ import annotations

import base64
from typing import Any

import orjson
import pytest

from orchestrator.operations.dead_letters import list_dead_letters
from orchestrator.store.streams import add_webhook
from tests.support.incoming import OURS, inbound, mapped, tell
from tests.support.world import World


def left(world: World) -> tuple[int, int, int]:
    """Return how many entries wait, are orphans, are dead letters."""
    keys = world.keys
    waiting, orphans, dead = (int(world.redis.xlen(stream)) for stream in (keys.events, keys.orphans, keys.dead))
    return waiting, orphans, dead


def state_of(call: str) -> str:
    return base64.b64encode(orjson.dumps({"call": call, "role": "A"})).decode()


def test_a_caller_whose_number_carries_a_nul_is_taken_in(world: World) -> None:
    mapped(world)

    tell(world, **{"from": "+1415\u0000555"})
    world.advance()

    assert [row.from_number for row in inbound(world)] == ["+1415555"]
    assert left(world) == (0, 0, 0)


@pytest.mark.parametrize(
    "odd",
    [
        {"call_control_id": "v3:a\u0000b"},
        {"call_control_id": "v3:" + "x" * 10_000},
        {"client_state": state_of("call_\u0000")},
        {"client_state": state_of("call_" + "x" * 10_000)},
    ],
    ids=["nul in the leg", "endless leg", "nul in the call", "endless call"],
)
@pytest.mark.parametrize("kind", ["call.initiated", "call.answered"])
def test_a_leg_with_an_id_that_is_none_is_nobodys(world: World, odd: dict[str, Any], kind: str) -> None:
    mapped(world)

    tell(world, kind, **{"to": "+13125550199", **odd})
    world.advance()

    assert left(world) == (0, 1, 0)


def test_r19_a_stray_that_the_database_cannot_take_is_buried_and_holds_up_no_timer(world: World) -> None:
    mapped(world)
    call_id = world.dialed_call()
    world.advance()
    payload = {"call_control_id": "v3:odd", "direction": "incoming", "from": "+12025550123", "to": OURS}
    data = {"event_type": "call.initiated", "id": "odd", "occurred_at": "0001-01-01T00:00:00+14:00", "payload": payload}
    add_webhook(world.redis, world.keys, orjson.dumps({"data": data}))

    world.advance()
    world.redis.zadd(world.keys.timers, {f"{call_id}|start": 1})

    assert len(list_dead_letters(world.redis, world.keys)) == 1
    assert world.let_due_timers_fire() == 1
