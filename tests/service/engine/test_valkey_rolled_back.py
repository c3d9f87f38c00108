"""Valkey fails over to a replica that is behind: what an engine committed is gone, and its memory is no truth."""

from __future__ import annotations

from typing import Any

import orjson

from orchestrator.operations.events.process_events import EventProcessor
from orchestrator.store.redis.keys import GROUP
from orchestrator.store.redis.live_calls import load_live
from orchestrator.telnyx.commands.hangup import Hangup
from tests.support.carrier_stub import CarrierStub, refusal
from tests.support.rolled_back import roll_back, snapshot
from tests.support.world import CONNECTION, World

OPT_OUT = """
name: opt-out
outcomes: [opted_out, heard]
outcome: heard
start: ask
steps:
  ask:
    gather_using_speak: {payload: "Press 9 to stop.", voice: female, maximum_digits: 1}
    on:
      call.gather.ended:
        - {match: {digits: "9"}, outcome: opted_out, goto: stop}
        - {goto: bye}
  stop: {suppress: {scope: global, reason: opt-out}, goto: bye}
  bye: {hangup: {}}
"""


# What the engine of the version before does with a version when it commits.
COUNT_ON = "return redis.call('HSET', KEYS[1], 'v', redis.call('HGET', KEYS[1], 'v') + 1)"


def engine(world: World) -> EventProcessor:
    return EventProcessor(client=world.redis, flows=world.flows, connection_id=CONNECTION, keys=world.keys)


def new_entries(world: World) -> Any:
    return world.redis.xreadgroup(GROUP, "test", {world.keys.events: ">"}, count=100)[0][1]


def left_behind(world: World) -> Any:
    return world.redis.xautoclaim(world.keys.events, GROUP, "test", 0)[1]


def asked_call(world: World, processor: EventProcessor) -> str:
    """Return a call whose callee is being asked, advanced by this engine."""
    call_id = world.dialed_call(flow=OPT_OUT)
    world.hear(call_id, "call.answered", ago_s=9)
    processor.process_events(new_entries(world))
    return call_id


def test_an_opt_out_stands_though_another_engine_remembers_a_commit_that_the_failover_took_back(world: World) -> None:
    one, other = engine(world), engine(world)
    call_id = asked_call(world, one)
    world.hear(call_id, "call.dtmf.received", digit="9", ago_s=3)
    behind = new_entries(world)
    earlier = snapshot(world.redis)
    one.process_events(behind)
    roll_back(world.redis, earlier)

    world.hear(call_id, "call.gather.ended", status="valid", digits="9", ago_s=2)
    other.process_events(new_entries(world))
    one.process_events(left_behind(world))
    world.hang_up(call_id)

    assert world.query("SELECT scope, reason FROM suppressions") == [("global", "opt-out")]
    assert world.call_row(call_id)["outcome"] == "opted_out"


def test_a_commit_holds_only_on_the_very_state_it_was_decided_on(world: World) -> None:
    one, other = engine(world), engine(world)
    call_id = asked_call(world, one)
    earlier = snapshot(world.redis)
    versions = []
    for processor in (one, other):
        world.hear(call_id, "call.dtmf.received", digit="1")
        processor.process_events(new_entries(world))
        loaded = load_live(world.redis, world.keys, call_id)
        versions.append(loaded.version if loaded else None)
        roll_back(world.redis, earlier)

    assert versions[0] != versions[1]


def test_no_clock_makes_a_version_for_two_servers_may_read_the_same_time(world: World) -> None:
    [one, other] = [load_live(world.redis, world.keys, world.dialed_call()) for _ in range(2)]

    assert one is not None and other is not None
    assert abs(one.version - other.version) > 1_000_000  # and the calls were begun within the second


def test_an_engine_that_counts_versions_on_may_run_beside(world: World) -> None:
    call_id = asked_call(world, ours := engine(world))
    loaded = load_live(world.redis, world.keys, call_id)
    assert loaded is not None

    world.redis.eval(COUNT_ON, 1, world.keys.call(call_id))
    theirs = load_live(world.redis, world.keys, call_id)
    world.hear(call_id, "call.gather.ended", status="valid", digits="9")
    ours.process_events(new_entries(world))

    assert theirs is not None and theirs.version == loaded.version + 1
    assert (live := world.live(call_id)) is not None
    assert live.outcome == "opted_out"


def test_live_state_whose_version_was_counted_goes_on(world: World) -> None:
    call_id = asked_call(world, engine(world))
    seconds, micros = world.redis.time()
    world.redis.hset(world.keys.call(call_id), "v", f"{seconds * 1_000_000 + micros}")

    world.hear(call_id, "call.gather.ended", status="valid", digits="9")
    engine(world).process_events(new_entries(world))

    assert (live := world.live(call_id)) is not None
    assert live.outcome == "opted_out"


def test_the_commands_of_two_decisions_on_one_state_are_two_batches(world: World) -> None:
    one, other = engine(world), engine(world)
    call_id = world.dialed_call(flow=OPT_OUT)
    world.advance()
    world.hear(call_id, "call.answered")
    behind = new_entries(world)
    earlier = snapshot(world.redis)
    batches = []
    for processor in (one, other):
        processor.process_events(behind)
        batches.append(orjson.loads(world.redis.lindex(world.keys.outbox(call_id), 0) or b"{}")["batch"])
        roll_back(world.redis, earlier)

    assert batches[0] != batches[1]


def test_r12_a_contact_that_waits_is_not_dialed_again_where_the_failover_took_back_how_its_call_ended(
    world: World, carrier: CarrierStub
) -> None:
    retry = {"max_attempts": 3, "on": {"no_answer": {"after": "1h"}}, "on_outcome": {}}
    call_id = world.dialed_call(retry=retry)
    world.hear(call_id, "call.initiated")
    world.advance()
    earlier = snapshot(world.redis)
    world.hang_up(call_id, cause="timeout")
    assert world.contact_of(call_id)["status"] == "waiting"
    roll_back(world.redis, earlier)  # the call rings again, though its record says how it ended

    carrier.act = lambda _asked: refusal(422, "90018")
    world.request_command(call_id, Hangup(), request_id="req-1")
    world.work(call_id)
    for _ in range(2):  # the hangup that does not come is assumed, and then recorded
        world.let_timers_fire()
        world.advance()
    world.settle()

    assert world.call_row(call_id)["disposition"] == "unknown"
    assert (world.contact_of(call_id)["status"], world.contact_of(call_id)["reason"]) == ("unknown", "unknown_attempt")
