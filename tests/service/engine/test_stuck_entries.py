"""One entry that does not leave its stream stops no judge: only its own call waits for it."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from orchestrator.operations.recovery.poll_call_status import poll_call_status
from orchestrator.operations.recovery.resolve_unanswered_dials import resolve_unanswered_dials
from orchestrator.store.redis.keys import GROUP
from orchestrator.store.redis.unread_events import find_unread
from orchestrator.telnyx.client_state import ClientState
from tests.support.carrier_stub import CarrierStub
from tests.support.unknown_calls import active_legs, unknown_call
from tests.support.world import CONNECTION, World

LONG_AGO = "1000-0"
THRICE = 3  # as often as an entry is delivered before it counts as stuck


def stuck(world: World, stream: str, fields: dict[str, Any], *, deliveries: int = THRICE) -> None:
    """Leave an old entry that was delivered so often and never acknowledged."""
    world.redis.execute_command("XADD", stream, LONG_AGO, *(part for pair in fields.items() for part in pair))
    if deliveries:
        world.redis.xreadgroup(GROUP, "test", {stream: ">"}, count=10)
    for _ in range(deliveries - 1):
        world.redis.xautoclaim(stream, GROUP, "test", 0)


def webhook(*, call_id: str | None = None, leg: str = "v3:some") -> dict[str, Any]:
    state = ClientState(call=call_id, role="A").encode() if call_id else None
    payload = {"call_control_id": leg, "client_state": state}
    return {"raw": orjson.dumps({"data": {"id": "e", "event_type": "call.answered", "payload": payload}})}


def own(call_id: str) -> dict[str, Any]:
    event = {"id": "x", "type": "call.answered", "occurred_at": "2026-01-01T00:00:00Z", "call_id": call_id}
    return {"own": orjson.dumps(event)}


def unanswered(world: World, carrier: CarrierStub) -> str:
    carrier.dial = lambda _asked: (0, {})
    call_id = world.dialed_call()
    world.age_send(call_id, 20)
    return call_id


@pytest.mark.parametrize("stream", ["events", "unmatched", "ended"])
def test_r21_a_stuck_entry_stops_the_judging_of_its_own_call_alone(
    world: World, carrier: CarrierStub, stream: str
) -> None:
    its_own, other = unanswered(world, carrier), unanswered(world, carrier)
    world.advance()
    fields = {"call": its_own} if stream == "ended" else webhook(call_id=its_own)
    stuck(world, getattr(world.keys, stream), fields)

    assert resolve_unanswered_dials(world.sql, world.redis, world.keys) == [other]
    for call_id in (its_own, other):
        world.age_send(call_id, 41)
    resolve_unanswered_dials(world.sql, world.redis, world.keys)

    assert [world.call_row(call_id)["state"] for call_id in (its_own, other)] == ["dialing", "unknown"]


def test_r21_a_stuck_entry_stops_the_reconciling_of_its_own_call_alone(world: World, carrier: CarrierStub) -> None:
    carrier.get = lambda _asked: (200, active_legs())
    its_own, other = unknown_call(world, carrier), unknown_call(world, carrier)
    stuck(world, world.keys.events, own(its_own))

    world.reconciler.reconcile_unknown_calls(CONNECTION)

    assert [world.call_row(call_id)["absences"] for call_id in (its_own, other)] == [0, 1]


def test_r21_a_stuck_entry_stops_the_deadline_of_its_own_leg_alone(world: World, carrier: CarrierStub) -> None:
    its_own, other = world.dialed_call(), world.dialed_call()
    world.advance()
    world.let_time_of_calls_pass()
    stuck(world, world.keys.unmatched, webhook(leg=f"v3:{its_own}"))

    poll_call_status(world.sql, world.redis, world.keys, world.carrier)

    assert [asked.path for asked in carrier.asked if asked.method == "GET"] == [f"/v2/calls/v3:{other}"]


@pytest.mark.parametrize("fields", [{"raw": b"no JSON"}, {"what": "is this"}, {"own": b"{}"}])
def test_an_entry_that_nobody_can_read_stops_no_judge(world: World, fields: dict[str, Any]) -> None:
    stuck(world, world.keys.events, fields)

    unheard = find_unread(world.redis, world.keys)

    assert (unheard.is_behind, unheard.names) == (False, frozenset())


@pytest.mark.parametrize("deliveries", [0, 1, THRICE - 1])
def test_r21_an_entry_that_waits_for_an_engine_that_was_away_stops_every_judge(world: World, deliveries: int) -> None:
    stuck(world, world.keys.events, own("call_1"), deliveries=deliveries)

    assert find_unread(world.redis, world.keys).is_behind


def test_r21_what_waits_behind_a_stuck_entry_is_seen(world: World) -> None:
    stuck(world, world.keys.events, own("call_1"))
    world.redis.execute_command("XADD", world.keys.events, "1001-0", "own", own("call_2")["own"])

    assert find_unread(world.redis, world.keys).is_behind
