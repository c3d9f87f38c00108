"""Every webhook of the carrier on a live call, whole and mangled: it stands in the timeline, and breaks nothing."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.operations.events.dead_letters import list_dead_letters
from orchestrator.store.redis.live_calls import read_live
from orchestrator.telnyx.event_types import EventType
from tests.support.world import World
from tests.unit.telnyx.carrier_payloads import IDS, WHOLE

NEWER = "call.teleported"
_TOLD: dict[str, dict[str, Any]] = {**WHOLE, NEWER: {**IDS, "planet": {"name": "Mars"}}}
_OWN = {*IDS, "from"}  # the world's own ids lead to the call


def _payload(event_type: str) -> dict[str, Any]:
    return {name: value for name, value in _TOLD[event_type].items() if name not in _OWN}


def _talking_call(world: World) -> str:
    call_id = world.dialed_call()
    world.hear(call_id, "call.initiated")
    world.hear(call_id, "call.answered")
    world.work(call_id)
    return call_id


def _types(world: World, call_id: str) -> list[str]:
    _, timeline = read_live(world.redis, world.keys, call_id)
    return [line["type"] for line in timeline if line["kind"] == "event"]


def test_each_type_stands_in_the_timeline_as_it_was_told(world: World) -> None:
    call_id = _talking_call(world)
    told = [kind for kind in _TOLD if kind not in {EventType.CALL_HANGUP, EventType.CALL_COST}]

    for event_type in told:
        world.hear(call_id, event_type, **_payload(event_type))
        world.work(call_id)

    _, timeline = read_live(world.redis, world.keys, call_id)
    kept = {line["type"]: line["payload"] for line in timeline if line["kind"] == "event"}
    assert [kind for kind in told if kind not in kept] == []
    assert kept[NEWER]["planet"] == {"name": "Mars"}
    assert list_dead_letters(world.redis, world.keys) == []


@pytest.mark.parametrize(
    "junk", [None, 7, "?", [1, "x"], {"x": {"y": []}}], ids=["null", "number", "text", "list", "map"]
)
def test_no_mangled_payload_stops_a_call(world: World, junk: Any) -> None:
    call_id = _talking_call(world)

    for event_type in _TOLD:
        if event_type != EventType.CALL_HANGUP:
            world.hear(call_id, event_type, **dict.fromkeys(_payload(event_type), junk))
    world.work(call_id)

    assert list_dead_letters(world.redis, world.keys) == []
    assert NEWER in _types(world, call_id)

    world.hear(call_id, "call.hangup", **dict.fromkeys(_payload("call.hangup"), junk))
    world.advance()
    world.let_timers_fire()
    world.advance()
    world.settle()

    assert list_dead_letters(world.redis, world.keys) == []
    assert world.call_row(call_id)["state"] == "ended"
