"""Commands of a live call are sent in order, once or again with the same id, and given up in time."""

from __future__ import annotations

import threading

import orjson
import pytest

from orchestrator.clock import utc_now
from orchestrator.model.event import Event
from orchestrator.operations.calls.send_commands import AGAIN_WITHIN_MS
from orchestrator.store.redis.event_streams import add_event
from orchestrator.store.redis.live_calls import read_live
from orchestrator.store.redis.put_off_calls import take_put_off
from orchestrator.store.redis.scripts import run_script
from tests.support.carrier_stub import Asked, CarrierStub, refusal
from tests.support.two_step_calls import TWO_STEPS, actions, answered_call, outbox
from tests.support.world import World


def requested(call_id: str, action: str) -> Event:
    payload = {"command_id": f"c-{action}", "action": action, "body": {}}
    return Event(id=f"req-{action}", type="action.requested", occurred_at=utc_now(), call_id=call_id, payload=payload)


def test_r13_two_performers_never_interleave_one_calls_commands(world: World, carrier: CarrierStub) -> None:
    asked, answer = threading.Event(), threading.Event()

    def slow(_asked: Asked) -> tuple[int, dict[str, object]]:
        asked.set()
        answer.wait(10)
        return 200, {"data": {"result": "ok"}}

    carrier.act = slow
    call_id = answered_call(world)
    first = threading.Thread(target=world.perform, args=(call_id,))
    first.start()
    assert asked.wait(10)

    assert world.perform(call_id) == 0
    answer.set()
    first.join()
    assert len(carrier.actions) == 1


def test_what_one_turn_leaves_is_sent_by_the_next_at_once(world: World, carrier: CarrierStub) -> None:
    call_id = answered_call(world)
    for n in range(60):
        payload = {"command_id": f"c-{n}", "action": "send_dtmf", "body": {"digits": str(n)}}
        event = Event(id=f"r-{n}", type="action.requested", occurred_at=utc_now(), call_id=call_id, payload=payload)
        add_event(world.redis, world.keys, event)
    world.advance()

    first = world.perform(call_id)

    assert run_script(world.redis, take_put_off(world.keys)) == [call_id.encode()]
    assert (first, world.perform(call_id), len(carrier.actions)) == (50, 11, 61)


def test_r13_a_command_decided_while_another_is_sent_needs_no_wake_of_its_own(
    world: World, carrier: CarrierStub
) -> None:
    def tell_the_end(asked: Asked) -> tuple[int, dict[str, object]]:
        if asked.path.endswith("speak"):
            world.hear(call_id, "call.speak.ended")
            world.advance()
        return 200, {"data": {"result": "ok"}}

    carrier.act = tell_the_end
    call_id = answered_call(world)

    world.perform(call_id)

    assert actions(carrier) == ["speak", "hangup"]


def test_r13_an_unanswered_command_is_sent_again_with_its_id(world: World, carrier: CarrierStub) -> None:
    carrier.act = lambda _asked: (500, {})
    call_id = answered_call(world)
    world.perform(call_id)
    carrier.act = lambda _asked: (200, {"data": {"result": "ok"}})
    world.perform(call_id)

    first, second = carrier.actions
    assert first.body == second.body
    assert outbox(world, call_id) == []


def test_r13_after_forty_seconds_a_command_is_unknown_and_not_sent_again(world: World, carrier: CarrierStub) -> None:
    carrier.act = lambda _asked: (500, {})
    call_id = answered_call(world)
    world.perform(call_id)
    command_id = orjson.loads(world.redis.lindex(world.keys.outbox(call_id), 0))["command_id"]
    world.redis.hincrby(world.keys.call(call_id), f"c:{command_id}", -AGAIN_WITHIN_MS - 1)

    world.perform(call_id)
    world.advance()

    assert actions(carrier) == ["speak"]
    _, timeline = read_live(world.redis, world.keys, call_id)
    assert "command.unknown" in [line["type"] for line in timeline]


def test_r13_a_command_whose_work_is_heard_of_keeps_no_other_waiting(world: World, carrier: CarrierStub) -> None:
    carrier.act = lambda asked: (500, {}) if asked.path.endswith("speak") else (200, {"data": {"result": "ok"}})
    call_id = answered_call(world)
    world.perform(call_id)
    add_event(world.redis, world.keys, requested(call_id, "record_stop"))
    world.hear(call_id, "call.speak.started")
    world.advance()

    world.perform(call_id)

    assert (actions(carrier), outbox(world, call_id)) == (["speak", "record_stop"], [])


def test_r13_a_command_that_was_not_sent_is_not_proven_by_what_is_heard(world: World) -> None:
    call_id = answered_call(world)

    world.hear(call_id, "call.speak.started")
    world.advance()

    assert outbox(world, call_id) == ["speak"]


@pytest.mark.parametrize("status", [200, 422])
def test_r13_what_is_answered_after_it_was_proven_is_told_and_changes_nothing(
    world: World, carrier: CarrierStub, status: int
) -> None:
    def begin_first(_asked: Asked) -> tuple[int, dict[str, object]]:
        world.hear(call_id, "call.speak.started")
        world.advance()
        return (200, {"data": {"result": "ok"}}) if status == 200 else refusal(422, "10015")

    carrier.act = begin_first
    call_id = answered_call(world)

    world.perform(call_id)
    world.advance()

    live = world.live(call_id)
    fates = [line for line in read_live(world.redis, world.keys, call_id)[1] if line["type"].startswith("command.")]
    assert live is not None and (live.step, live.outcome) == ("greet", "heard")
    assert (len(fates), outbox(world, call_id)) == (1, [])
    assert world.redis.exists(world.keys.lease(call_id)) == 0


def test_r13_leaving_a_step_drops_its_unsent_commands(world: World) -> None:
    call_id = answered_call(world, flow=TWO_STEPS)

    world.hear(call_id, "call.dtmf.received", digit="1")
    world.advance()

    bodies = [orjson.loads(line)["body"] for line in world.redis.lrange(world.keys.outbox(call_id), 0, -1)]
    assert [body.get("payload") for body in bodies if "payload" in body] == ["You are hearing an artificial voice. Two"]


def test_r13_a_failed_command_drops_the_rest_of_its_batch_and_becomes_an_event(
    world: World, carrier: CarrierStub
) -> None:
    carrier.act = lambda _asked: refusal(422, "90010", title="Bad payload")
    call_id = answered_call(world)

    world.perform(call_id)
    world.advance()

    live = world.live(call_id)
    assert live is not None and live.outcome == "error"
    assert outbox(world, call_id) == ["hangup"]


def test_r13_a_performer_whose_lease_passed_to_another_completes_nothing(world: World, carrier: CarrierStub) -> None:
    def lose_the_lease(_asked: Asked) -> tuple[int, dict[str, object]]:
        world.redis.set(world.keys.lease(call_id), "another")
        return 200, {"data": {"result": "ok"}}

    carrier.act = lose_the_lease
    call_id = answered_call(world)

    world.perform(call_id)

    assert outbox(world, call_id) == ["speak"]
    assert world.redis.get(world.keys.lease(call_id)) == b"another"
