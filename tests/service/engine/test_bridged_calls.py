"""Two calls of ours that were bridged: each hears of the other, once, whoever dies and whatever comes twice or late."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.operations.calls.request_command import ACTIONS
from orchestrator.operations.events.process_events import EventProcessor
from orchestrator.store.redis.live_calls import read_log
from tests.support.carrier_stub import Answer, Asked, CarrierStub, refusal
from tests.support.watched_stores import Died, dying_redis
from tests.support.world import CONNECTION, World

WAITING = """
name: waiting
start: wait
steps:
  wait: {wait_for: call.dtmf.received, goto: bye, timeout: {after: 600s, goto: bye}}
  bye: {hangup: {}}
"""

AGENTS = """
name: agents
inputs: {first: {}, second: {}}
outcomes: [connected, nobody]
start: first
steps:
  first:
    bridge: {call_control_id: "{{ contact.first }}", park_after_unbridge: self}
    on: {call.bridged: {outcome: connected}, target.call.hangup: second, command.failed: second}
  second:
    bridge: {call_control_id: "{{ contact.second }}", park_after_unbridge: self}
    on: {target.call.hangup: bye, command.failed: {outcome: nobody, goto: bye}}
  bye: {hangup: {}}
"""


def answered_call(world: World, flow: str = WAITING, **variables: Any) -> str:
    campaign = world.campaign(flow=flow)
    world.contact(campaign, variables=variables)
    [call_id] = world.claim(campaign)
    world.dialer.dial_call(call_id)
    world.hear(call_id, "call.initiated")
    world.hear(call_id, "call.answered")
    world.work(call_id)
    return call_id


def bridge(world: World, one: str, other: str, *, request_id: str = "req-1", **fields: Any) -> None:
    command = ACTIONS["bridge"].model_validate({"call_control_id": other, "park_after_unbridge": "self", **fields})
    world.request_command(one, command, request_id=request_id)
    world.work(one)


def told(world: World, call_id: str, *, leg: str = "B") -> list[str]:
    """Return what a call's timeline tells of another leg."""
    log = read_log(world.redis, world.keys, call_id)
    return [line["type"] for line in log if line["leg"] == leg and line["kind"] == "event"]


def hangs_up(world: World, call_id: str) -> None:
    world.hear(call_id, "call.hangup", hangup_cause="normal_clearing", hangup_source="callee")
    world.advance()


def bridged_pair(world: World) -> tuple[str, str]:
    one, other = answered_call(world), answered_call(world)
    bridge(world, one, other)
    for call_id in (one, other):
        world.hear(call_id, "call.bridged")
    world.advance()
    return one, other


def test_both_calls_tell_of_both_legs(world: World, carrier: CarrierStub) -> None:
    one, other = bridged_pair(world)

    hangs_up(world, other)

    assert told(world, one, leg="A")[-1] == "call.bridged"
    assert told(world, one) == ["call.bridged", "call.hangup"]
    assert told(world, other, leg="Z") == ["call.bridged"]
    last = read_log(world.redis, world.keys, one)[-1]
    assert (last["payload"]["call_id"], last["payload"]["hangup_cause"]) == (other, "normal_clearing")
    live = world.live(one)
    assert live is not None and live.phase == "answered"


def test_what_belongs_to_the_other_person_stays_in_the_other_call(world: World, carrier: CarrierStub) -> None:
    one, other = answered_call(world), answered_call(world)
    bridge(world, one, other)

    world.hear(other, "call.bridged", to="+13125550142", state="bridged")
    world.advance()

    last = read_log(world.redis, world.keys, one)[-1]
    assert (last["type"], last["leg"]) == ("call.bridged", "B")
    assert last["payload"]["state"] == "bridged" and not {"to", "client_state"} & last["payload"].keys()


def test_what_is_told_twice_happens_once(world: World, carrier: CarrierStub) -> None:
    one, other = answered_call(world), answered_call(world)
    bridge(world, one, other)

    for _ in range(2):
        world.hear(other, "call.bridged", ident="evt-bridged")
        world.hear(other, "call.hangup", ident="evt-over", hangup_cause="normal_clearing")
        world.advance()

    assert told(world, one) == ["call.bridged", "call.hangup"]


def test_who_dies_before_the_commit_tells_it_again_and_it_happens_once(world: World, carrier: CarrierStub) -> None:
    one, other = bridged_pair(world)
    with dying_redis(world.redis_url, before="commit") as dying:
        stores: dict[str, Any] = {"client": dying, "flows": world.flows, "keys": world.keys}
        world.processor = EventProcessor(**stores, connection_id=CONNECTION)
        with pytest.raises(Died):
            hangs_up(world, other)
    del world.processor
    assert world.redis.xlen(world.keys.events) == 2  # its end, and that it was told

    world.processor.process_events(world.redis.xautoclaim(world.keys.events, "engine", "another", 0)[1])
    world.advance()

    assert told(world, one) == ["call.bridged", "call.hangup"]
    live = world.live(other)
    assert live is not None and live.phase == "ended"


def test_what_the_carrier_tells_before_it_answers_the_bridge_is_heard(world: World, carrier: CarrierStub) -> None:
    one, other = answered_call(world), answered_call(world)

    def bridge_at_once(asked: Asked) -> Answer:
        for call_id in (other, one):
            world.hear(call_id, "call.bridged")
        world.hear(other, "call.hangup", hangup_cause="normal_clearing")
        world.advance()
        return 200, {"data": {"result": "ok"}}

    carrier.act = bridge_at_once

    bridge(world, one, other)

    assert told(world, one) == ["call.bridged", "call.hangup"]


def test_an_end_that_nobody_told_is_heard_too(world: World, carrier: CarrierStub) -> None:
    one, other = bridged_pair(world)
    carrier.act = lambda _asked: refusal(404, "10005", title="Resource not found")

    world.request_command(other, ACTIONS["record_pause"](), request_id="req-2")
    world.work(other)
    world.let_timers_fire()
    world.advance()

    assert told(world, one) == ["call.bridged", "call.hangup"]


def test_a_bridge_that_was_refused_lets_nobody_hear_of_the_other(world: World, carrier: CarrierStub) -> None:
    one, other = answered_call(world), answered_call(world)
    carrier.act = lambda _asked: refusal(422, "10015", title="No such bridge")

    bridge(world, one, other)
    hangs_up(world, other)

    assert [world.redis.hgetall(world.keys.partners(call_id)) for call_id in (one, other)] == [{}, {}]
    assert told(world, one) == []


def test_a_second_bridge_that_was_refused_leaves_the_first(world: World, carrier: CarrierStub) -> None:
    one, other = bridged_pair(world)
    carrier.act = lambda _asked: refusal(422, "10015", title="Bridged already")

    bridge(world, one, other, request_id="req-2")
    hangs_up(world, other)

    assert told(world, one) == ["call.bridged", "call.hangup"]


def test_the_flow_goes_from_one_agent_to_the_next(world: World, carrier: CarrierStub) -> None:
    first, second = answered_call(world), answered_call(world)
    caller = answered_call(world, AGENTS, first=first, second=second)
    for call_id in (first, caller):
        world.hear(call_id, "call.bridged")
    world.work(caller)

    hangs_up(world, first)
    world.work(caller)

    named = [asked.body["call_control_id"] for asked in carrier.actions if asked.path.endswith("/bridge")]
    live = world.live(caller)
    assert named == [f"v3:{first}", f"v3:{second}"]
    assert live is not None and (live.phase, live.step, live.outcome) == ("answered", "second", "connected")
    assert told(world, caller) == ["call.bridged", "call.hangup"]


@pytest.mark.parametrize("pointer", ["/call_control_id", None])
@pytest.mark.parametrize("code", ["90018", "90015"])
def test_an_agent_who_leaves_just_before_the_bridge_takes_no_caller_along(
    world: World, carrier: CarrierStub, code: str, pointer: str | None
) -> None:
    first, second = answered_call(world), answered_call(world)
    answers = iter([refusal(422, code, title="Call has already ended", pointer=pointer)])
    carrier.act = lambda _asked: next(answers, (200, {"data": {"result": "ok"}}))

    caller = answered_call(world, AGENTS, first=first, second=second)

    live = world.live(caller)
    assert live is not None and (live.step, live.gone_at, live.phase) == ("second", None, "answered")


def test_a_caller_who_is_not_known_any_more_is_gone(world: World, carrier: CarrierStub) -> None:
    first, second = answered_call(world), answered_call(world)
    carrier.act = lambda _asked: refusal(404, "10005", title="Resource not found")

    caller = answered_call(world, AGENTS, first=first, second=second)

    live = world.live(caller)
    assert live is not None and live.gone_at is not None


@pytest.mark.parametrize("name", ["{}", "v3:{}"])
def test_agents_whose_calls_are_over_are_no_agents(world: World, carrier: CarrierStub, name: str) -> None:
    first = answered_call(world)
    hangs_up(world, first)

    caller = answered_call(world, AGENTS, first=name.format(first), second="call_nobody")

    failed = [line for line in read_log(world.redis, world.keys, caller) if line["type"] == "command.failed"]
    live = world.live(caller)
    assert [line["payload"]["code"] for line in failed] == ["call_not_live", "call_not_live"]
    assert live is not None and (live.outcome, live.closing) == ("nobody", True)


def test_a_leg_that_is_no_call_of_ours_is_bridged_all_the_same(world: World, carrier: CarrierStub) -> None:
    one = answered_call(world)

    bridge(world, one, "v3:somebody-elses")

    assert carrier.actions[-1].body["call_control_id"] == "v3:somebody-elses"


def test_a_call_whose_record_is_written_hears_no_more_than_it_should(world: World, carrier: CarrierStub) -> None:
    one, other = bridged_pair(world)
    world.hang_up(one)

    hangs_up(world, other)

    assert (world.call_row(one)["state"], world.call_row(one)["hangup_cause"]) == ("ended", "normal_clearing")
    assert int(world.redis.xlen(world.keys.dead)) == 0
