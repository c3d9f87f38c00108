"""What a database that answers refuses each time is buried, whatever the error says; what meets an outage never is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from orchestrator.operations.calls.finalize_calls import CallFinalizer
from orchestrator.operations.events.accept_inbound_calls import InboundCalls
from orchestrator.operations.events.dead_letters import list_dead_letters, replay_dead_letter
from orchestrator.operations.events.process_events import EventProcessor
from orchestrator.store.redis.keys import GROUP
from orchestrator.store.redis.unread_events import find_unread
from orchestrator.store.sql.engine import open_sql
from orchestrator.store.sql.flow_cache import FlowCache
from tests.support.incoming import CALLER, inbound, mapped, tell
from tests.support.refused_rows import TOO_LARGE, refuse_rows, take_rows
from tests.support.world import CONNECTION, World

DOUBTFUL = ["57014", "40001", "40P01", "55P03", "08006"]  # bounds, rolled back for another, a connection that failed
AWAY = ["53100", "58030", "57P03", "25006"]  # no room, a disk that fails, starting, a standby
TRIES = 20


def ended_call(world: World) -> str:
    """Return a call whose record is to be written."""
    call_id = world.dialed_call()
    world.hear(call_id, "call.hangup", hangup_cause="user_busy")
    world.advance()
    world.let_timers_fire()
    world.advance()
    return call_id


def take_again(world: World, stream: str, handle: Callable[[Any], object], times: int) -> None:
    """Let each entry of a stream be taken alone so often, as a consumer takes what was left behind."""
    for _ in range(times):
        for entry in world.redis.xautoclaim(stream, GROUP, "another", 0)[1]:
            handle([entry])


def settle_again(world: World, times: int) -> None:
    take_again(world, world.keys.ended, world.finalizer.finalize_calls, times)


def buried(world: World) -> int:
    return len(list_dead_letters(world.redis, world.keys))


@pytest.mark.parametrize("sqlstate", [TOO_LARGE, *DOUBTFUL])
def test_r18_a_record_that_a_database_which_answers_refuses_each_time_is_buried_alone(
    world: World, sqlstate: str
) -> None:
    bad, good = ended_call(world), ended_call(world)
    refuse_rows(world, "call_events", f"NEW.call_id = '{bad}'", sqlstate=sqlstate)

    world.settle()
    assert world.call_row(good)["state"] == "ended"
    settle_again(world, TRIES)

    contact = world.contact_of(bad)
    assert (buried(world), contact["status"], contact["reason"]) == (1, "held", "record_failed")
    assert (world.redis.xlen(world.keys.ended), world.redis.hlen(world.keys.failures)) == (0, 0)
    assert find_unread(world.redis, world.keys).names == frozenset()

    take_rows(world, "call_events")
    assert replay_dead_letter(world.redis, world.keys, list_dead_letters(world.redis, world.keys)[0].id)
    world.settle()
    assert world.call_row(bad)["disposition"] == "busy"


@pytest.mark.parametrize("sqlstate", AWAY)
def test_r18_a_database_without_room_or_without_writes_buries_no_record(world: World, sqlstate: str) -> None:
    call_id = ended_call(world)
    refuse_rows(world, "call_events", "true", sqlstate=sqlstate)

    for _ in range(TRIES + 1):
        with pytest.raises(SQLAlchemyError):
            world.settle()
        world.redis.xgroup_setid(world.keys.ended, GROUP, "0")

    assert (buried(world), world.redis.xlen(world.keys.ended)) == (0, 1)
    take_rows(world, "call_events")
    world.settle()
    assert world.call_row(call_id)["state"] == "ended"


def test_r18_a_database_that_is_away_buries_no_record(world: World) -> None:
    ended_call(world)
    finalizer = CallFinalizer(
        sql=open_sql("postgresql+psycopg://u:p@127.0.0.1:1/x"), client=world.redis, keys=world.keys
    )
    entries = world.redis.xreadgroup(GROUP, "test", {world.keys.ended: ">"})[0][1]

    for _ in range(TRIES + 1):
        with pytest.raises(OperationalError):
            finalizer.finalize_calls(entries)

    assert (buried(world), world.redis.hlen(world.keys.failures)) == (0, 0)


def test_r18_a_refusal_that_passes_leaves_no_count_behind(world: World) -> None:
    call_id = ended_call(world)
    refuse_rows(world, "call_events", "true", sqlstate="55P03")
    world.settle()
    assert world.redis.hlen(world.keys.failures) == 1

    take_rows(world, "call_events")
    settle_again(world, 1)

    assert world.call_row(call_id)["state"] == "ended"
    assert world.redis.hlen(world.keys.failures) == 0


def test_r18_a_record_is_buried_though_its_contact_cannot_even_be_held(world: World) -> None:
    bad, good = ended_call(world), ended_call(world)
    refuse_rows(world, "contacts", f"NEW.id = '{world.call_row(bad)['contact_id']}'")

    world.settle()
    settle_again(world, TRIES)

    assert (buried(world), world.redis.xlen(world.keys.ended)) == (1, 0)
    assert (world.call_row(bad)["state"], world.call_row(good)["state"]) == ("ended", "ended")


@pytest.mark.parametrize("sqlstate", ["57014", "08006"])
def test_r19_a_stray_that_a_database_which_answers_refuses_each_time_is_buried_alone(
    world: World, sqlstate: str
) -> None:
    mapped(world)
    refuse_rows(world, "contacts", "NEW.phone = '+12025550199'", sqlstate=sqlstate)
    tell(world, leg="v3:bad", **{"from": "+12025550199"})
    tell(world, leg="v3:good")

    world.advance()
    assert [row.from_number for row in inbound(world)] == [CALLER]
    take_again(world, world.keys.unmatched, world.unmatched_processor.process_events, TRIES - 2)
    assert buried(world) == 0
    take_again(world, world.keys.unmatched, world.unmatched_processor.process_events, 1)

    assert (buried(world), world.redis.xlen(world.keys.unmatched), world.redis.hlen(world.keys.failures)) == (1, 0, 0)


def test_r19_a_stray_that_was_refused_for_a_while_leaves_no_count_behind(world: World) -> None:
    mapped(world)
    refuse_rows(world, "contacts", "true", sqlstate="55P03")
    tell(world)
    world.advance()
    assert world.redis.hlen(world.keys.failures) == 1

    take_rows(world, "contacts")
    take_again(world, world.keys.unmatched, world.unmatched_processor.process_events, 1)

    assert len(inbound(world)) == 1
    assert world.redis.hlen(world.keys.failures) == 0


def test_r19_a_database_that_is_away_buries_no_stray_however_often_it_is_taken(world: World) -> None:
    away = open_sql("postgresql+psycopg://u:p@127.0.0.1:1/x")
    flows = FlowCache(away)
    own = {"client": world.redis, "flows": flows, "keys": world.keys, "connection_id": CONNECTION}
    strays = EventProcessor(
        client=world.redis,
        flows=flows,
        connection_id=CONNECTION,
        inbound=InboundCalls(sql=away, join_days=7, **own),
        keys=world.keys,
    )
    tell(world)
    world.processor.process_events(world.redis.xreadgroup(GROUP, "test", {world.keys.events: ">"})[0][1])
    entries = world.redis.xreadgroup(GROUP, "test", {world.keys.unmatched: ">"})[0][1]

    for _ in range(TRIES + 1):
        with pytest.raises(OperationalError):
            strays.process_events(entries)

    assert (buried(world), world.redis.xlen(world.keys.unmatched)) == (0, 1)
