"""Inbound calls whose first event comes twice, late, out of order, or to a process that dies."""

from __future__ import annotations

import time
from typing import Any

import pytest

from orchestrator.operations.events.accept_inbound_calls import InboundCalls
from orchestrator.operations.events.process_events import EventProcessor
from orchestrator.store.redis.keys import GROUP
from orchestrator.store.redis.live_calls import read_log
from orchestrator.telnyx.client_state import ClientState
from orchestrator.telnyx.events import Webhook
from tests.support.carrier_stub import CarrierStub
from tests.support.incoming import CALLER, inbound, mapped, only_call, tell
from tests.support.stepwise import Process
from tests.support.watched_stores import Fault
from tests.support.world import CONNECTION, World


def sent(carrier: CarrierStub) -> list[str]:
    return [asked.path.rsplit("/", 1)[1] for asked in carrier.actions]


def new(world: World, stream: str) -> list[Any]:
    """Read what stands in a stream, as an engine does."""
    return list(world.redis.xreadgroup(GROUP, "reader", {stream: ">"})[0][1])


def orphans(world: World) -> int:
    return int(world.redis.xlen(world.keys.unmatched_webhooks))


@pytest.mark.parametrize("same_id", [True, False])
def test_a_call_that_is_told_twice_is_taken_in_once(world: World, carrier: CarrierStub, same_id: bool) -> None:
    mapped(world)
    ident = tell(world)
    tell(world, ident=ident if same_id else None)
    world.advance()
    tell(world, ident=ident if same_id else None)
    world.advance()

    call_id = only_call(world)
    world.work(call_id)

    assert sent(carrier) == ["answer"]
    assert orphans(world) == 0


def test_two_people_may_call_the_same_number_at_once(world: World) -> None:
    mapped(world)

    tell(world, leg="v3:one")
    tell(world, leg="v3:two")
    world.advance()

    assert [row.call_control_id for row in inbound(world)] == ["v3:one", "v3:two"]


@pytest.mark.parametrize("far", [False, True], ids=["in one batch", "in two"])
def test_a_hangup_that_overtakes_the_beginning_ends_the_call_as_it_ended(
    world: World, carrier: CarrierStub, far: bool
) -> None:
    mapped(world)
    tell(world, "call.hangup", hangup_cause="originator_cancel", hangup_source="caller")
    if far:
        world.advance()
    tell(world)
    world.advance()
    call_id = only_call(world)
    world.work(call_id)
    world.let_timers_fire()
    world.advance()
    world.settle()

    row = world.call_row(call_id)
    assert (row["state"], row["disposition"], row["hangup_cause"]) == ("ended", "canceled", "originator_cancel")
    assert (row["end_assumed"], sent(carrier), orphans(world)) == (False, [], 0)


def test_what_overtook_the_beginning_is_heard_in_its_order_and_nothing_else_is(world: World) -> None:
    mapped(world)
    early = tell(world, "call.dtmf.received", digit="1"), tell(world, "call.dtmf.received", digit="2")
    tell(world, "call.hangup", leg="v3:somebody-elses")
    tell(world, "call.dtmf.received", client_state=ClientState(call="call_never_was", role="A").encode())
    long_ago = tell(world, "call.dtmf.received", digit="9")
    world.advance()
    [(ident, fields)] = [
        one for one in world.redis.xrange(world.keys.unmatched_webhooks) if long_ago.encode() in one[1][b"raw"]
    ]
    kept = [one for one in world.redis.xrange(world.keys.unmatched_webhooks) if one[0] != ident]
    world.redis.delete(world.keys.unmatched_webhooks)
    world.redis.xadd(world.keys.unmatched_webhooks, fields, id=int(time.time() * 1000) - 61_000)
    for name, others in kept:
        world.redis.xadd(world.keys.unmatched_webhooks, others, id=name)

    tell(world)
    world.advance()

    heard = [line["id"] for line in read_log(world.redis, world.keys, only_call(world)) if line["kind"] == "event"]
    assert heard[1:] == list(early)
    assert orphans(world) == 3


def test_an_event_that_was_judged_while_its_call_came_in_elsewhere_is_heard(world: World) -> None:
    class Overtaken(InboundCalls):
        def call_of(self, webhook: Webhook, *, stamped_ms: int) -> str | None:
            found = super().call_of(webhook, stamped_ms=stamped_ms)
            if found is None:
                world.unmatched_processor.process_events(beginning)
            return found

    mapped(world)
    tell(world)
    world.processor.process_events(new(world, world.keys.events))
    beginning = new(world, world.keys.unmatched)
    tell(world, "call.hangup", hangup_cause="originator_cancel", hangup_source="caller")
    world.processor.process_events(new(world, world.keys.events))
    slow = Overtaken(
        sql=world.sql, client=world.redis, flows=world.flows, keys=world.keys, connection_id=CONNECTION, join_days=7
    )
    other = EventProcessor(
        client=world.redis, flows=world.flows, connection_id=CONNECTION, inbound=slow, keys=world.keys
    )

    other.process_events(new(world, world.keys.unmatched))
    world.advance()

    live = world.live(only_call(world))
    assert live is not None and (live.phase, live.hangup_cause) == ("ended", "originator_cancel")
    assert orphans(world) == 0


def test_who_dies_between_the_row_and_the_live_state_leaves_a_call_that_is_taken_in(
    world: World, carrier: CarrierStub, process: Process
) -> None:
    mapped(world)
    tell(world)
    process.dies(Fault.DEATH, "valkey create_live", lambda dying: dying.advance())
    call_id = only_call(world)
    assert world.live(call_id) is None

    pending = world.redis.xautoclaim(world.keys.unmatched, "engine", "another", 0)[1]
    world.unmatched_processor.process_events(pending)
    world.work(call_id)

    assert (only_call(world), sent(carrier)) == (call_id, ["answer"])


def test_a_call_whose_flow_position_redis_has_lost_is_not_begun_again(world: World, carrier: CarrierStub) -> None:
    mapped(world)
    tell(world)
    world.advance()
    call_id = only_call(world)
    world.work(call_id)
    world.execute("UPDATE calls SET reserved_at = now() - interval '5 min' WHERE id = :id", id=call_id)
    world.redis.flushall()
    world.prepare_again()

    tell(world)
    world.work(call_id)

    live = world.live(call_id)
    assert live is not None and live.adopted and live.direction == "incoming" and live.to == CALLER
    assert sent(carrier) == ["answer"]
