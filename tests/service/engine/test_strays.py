"""Webhooks of legs that nobody here knows: whatever stands in them, they hold up no call of ours."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from sqlalchemy.exc import OperationalError

from orchestrator.operations.calls.warm_flow_cache import warm_flow_cache
from orchestrator.operations.events.dead_letters import list_dead_letters
from orchestrator.operations.events.process_events import EventProcessor
from orchestrator.services import Services
from orchestrator.store.redis.event_streams import add_webhook, read_entry, set_aside
from orchestrator.store.redis.keys import GROUP
from orchestrator.store.redis.unread_events import find_unread
from orchestrator.store.sql.engine import open_sql
from orchestrator.store.sql.flow_cache import FlowCache
from tests.support.incoming import CALLER, OURS, inbound, mapped, tell
from tests.support.postgres_proxy import postgres_proxy
from tests.support.refused_rows import refuse_rows
from tests.support.world import CONNECTION, World
from workers.engine.__main__ import advance_loops
from workers.loops import IDLE, Loop

UNKNOWN = "call_01J00000000000000000000000"


@pytest.fixture
def no_database(world: World) -> Iterator[dict[str, Loop]]:
    """Hand out the loops of an engine whose database is away."""
    services = Services(settings=world.settings)
    services.__dict__.update(sql=open_sql("postgresql+psycopg://u:p@127.0.0.1:1/x"))
    yield {loop.name: loop for loop in advance_loops(services)}
    services.close()


def left(world: World) -> tuple[int, int, int]:
    """Return how many entries wait, are orphans, are dead letters."""
    keys = world.keys
    waiting = int(world.redis.xlen(keys.events)) + int(world.redis.xlen(keys.unmatched))
    return waiting, int(world.redis.xlen(keys.unmatched_webhooks)), int(world.redis.xlen(keys.dead))


def due_now(world: World, call_id: str) -> None:
    """Let a timer be due by now, and not before what is in the streams came."""
    seconds, micros = world.redis.time()
    world.redis.zadd(world.keys.timers, {f"{call_id}|start": seconds * 1000 + micros // 1000})


def take_over(world: World) -> None:
    """Let another engine, whose database is there, take what the first one has read."""
    pending = world.redis.xautoclaim(world.keys.unmatched, GROUP, "another", 0)[1]
    world.unmatched_processor.process_events(pending)
    world.advance()


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
    data = {"event_type": "call.initiated", "id": "odd", "payload": payload}
    add_webhook(world.redis, world.keys, orjson.dumps({"data": data}))
    refuse_rows(world, "contacts", "NEW.phone = '+12025550123'")

    due_now(world, call_id)
    world.advance()

    assert len(list_dead_letters(world.redis, world.keys)) == 1
    assert world.let_due_timers_fire() == 1


@pytest.mark.parametrize(
    "told",
    [{"leg": "v3:somebody-elses", "kind": "call.answered"}, {}, {"client_state": state_of(UNKNOWN)}],
    ids=["of somebody else's leg", "of a caller", "of a call that redis has lost"],
)
def test_r15_a_stray_that_waits_for_the_database_holds_up_no_timer(
    world: World, no_database: dict[str, Loop], told: dict[str, Any]
) -> None:
    mapped(world)
    call_id = world.dialed_call()
    world.advance()
    tell(world, **told)
    due_now(world, call_id)

    no_database["advance"].step()
    with pytest.raises(OperationalError):
        no_database["strays"].step()
    no_database["timers"].step()

    [(_, fields)] = world.redis.xrange(world.keys.events)
    assert fields[b"timer"] == f"{call_id}|start".encode()


def test_the_loop_of_timers_rests_only_while_none_is_set(world: World, no_database: dict[str, Loop]) -> None:
    assert no_database["timers"].step() is IDLE

    call_id = world.dialed_call()
    world.hear(call_id, "call.answered")
    world.advance()

    assert world.redis.zcard(world.keys.timers) > 0
    assert no_database["timers"].step() is not IDLE


def test_a_stray_that_waits_for_the_database_holds_up_no_known_call(world: World) -> None:
    call_id = world.dialed_call()
    world.advance()
    world.hear(UNKNOWN, "call.answered")
    world.hear(call_id, "call.answered")
    entries = world.redis.xreadgroup(GROUP, "x", {world.keys.events: ">"}, count=10)[0][1]

    world.processor.process_events(entries)

    live = world.live(call_id)
    assert live is not None and live.phase == "answered"
    assert (world.redis.xlen(world.keys.events), world.redis.xlen(world.keys.unmatched)) == (0, 1)


def test_who_calls_while_the_database_is_away_is_taken_in_when_it_is_back(
    world: World, no_database: dict[str, Loop]
) -> None:
    mapped(world)
    tell(world)
    no_database["advance"].step()
    with pytest.raises(OperationalError):
        no_database["strays"].step()
    assert left(world) == (1, 0, 0)

    take_over(world)

    assert [row.from_number for row in inbound(world)] == [CALLER]
    assert left(world) == (0, 0, 0)


def test_a_call_that_redis_has_lost_while_the_database_is_away_hears_all_in_order(
    world: World, no_database: dict[str, Loop]
) -> None:
    call_id = world.dialed_call()
    world.advance()
    world.redis.delete(world.keys.call(call_id))
    world.hear(call_id, "call.answered")
    world.hear(call_id, "call.hangup", hangup_cause="normal_clearing")
    no_database["advance"].step()
    with pytest.raises(OperationalError):
        no_database["strays"].step()

    take_over(world)

    live = world.live(call_id)
    assert live is not None and (live.phase, live.hangup_cause) == ("ended", "normal_clearing")
    assert live.answered_at is not None


def test_r15_an_event_of_an_open_call_does_not_wait_for_its_flow_while_the_database_is_away(world: World) -> None:
    call_id = world.dialed_call()
    world.claimed_call(flow_id=None, kind="direct")
    broken = world.dialed_call()
    world.execute("UPDATE flows SET source = 'steps: 7' WHERE id = :id", id=world.call_row(broken)["flow_id"])
    with postgres_proxy(world.database_url) as proxy:
        sql = open_sql(proxy.url)
        flows = FlowCache(sql)
        ready = warm_flow_cache(sql, flows)
    sql.dispose()

    world.hear(call_id, "call.answered")
    processor = EventProcessor(client=world.redis, flows=flows, connection_id=CONNECTION, keys=world.keys)
    processor.process_events(world.redis.xreadgroup(GROUP, "x", {world.keys.events: ">"})[0][1])

    live = world.live(call_id)
    assert ready == 1
    assert live is not None and (live.phase, live.step) == ("answered", "greet")


def test_r19_a_database_that_is_away_counts_against_no_stray(world: World, no_database: dict[str, Loop]) -> None:
    mapped(world)
    tell(world)
    no_database["advance"].step()

    for _ in range(4):
        with pytest.raises(OperationalError):
            no_database["strays"].step()
        world.redis.xgroup_setid(world.keys.unmatched, GROUP, "0")

    assert left(world) == (1, 0, 0)


def test_a_hangup_that_lost_its_state_is_heard_though_it_comes_with_what_first_names_its_leg(world: World) -> None:
    call_id = world.dialed_call()
    world.hear(call_id, "call.hangup", client_state=None, hangup_cause="user_busy", hangup_source="callee")
    entries = world.redis.xreadgroup(GROUP, "test", {world.keys.events: ">"}, count=100)[0][1]

    world.processor.process_events(entries)

    assert (live := world.live(call_id)) is not None
    assert (live.phase, live.hangup_cause) == ("ended", "user_busy")
    assert left(world) == (0, 0, 0)


def test_a_stray_waits_a_moment_for_the_engine_that_learns_whose_leg_it_is(world: World) -> None:
    call_id = world.dialed_call()
    elsewhere = world.redis.xreadgroup(GROUP, "slow engine", {world.keys.events: ">"}, count=100)[0][1]
    world.hear(call_id, "call.hangup", client_state=None, hangup_cause="user_busy", hangup_source="callee")
    own = {"client": world.redis, "flows": world.flows, "connection_id": CONNECTION}
    quick = EventProcessor(**own, inbound=world.inbound_calls, wait_ms=60_000, keys=world.keys)
    world.processor.process_events(world.redis.xreadgroup(GROUP, "test", {world.keys.events: ">"})[0][1])

    quick.process_events(world.redis.xreadgroup(GROUP, "test", {world.keys.unmatched: ">"})[0][1])

    assert world.redis.xlen(world.keys.unmatched_webhooks) == 0
    world.processor.process_events(elsewhere)
    take_over(world)
    assert (live := world.live(call_id)) is not None
    assert live.phase == "ended"


def test_a_stray_is_set_aside_once_and_keeps_the_moment_in_which_it_came(world: World) -> None:
    entry_id = world.redis.xadd(world.keys.events, {"raw": b"{}"}, id="1234-5")
    entry = read_entry(entry_id, {b"raw": b"{}"})

    for _ in range(2):
        set_aside(world.redis, world.keys, entry)

    [(name, fields)] = world.redis.xrange(world.keys.unmatched)
    assert (read_entry(name, fields).raw, read_entry(name, fields).stamped_ms) == (b"{}", 1234)
    assert world.redis.xlen(world.keys.events) == 0
    assert find_unread(world.redis, world.keys).is_behind
