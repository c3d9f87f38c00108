"""Live state says which version wrote it: that of the version before goes on, that of a newer one is left alone."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from orchestrator.errors import Conflict, NewerLiveState
from orchestrator.ids import new_version
from orchestrator.model.live_call import LIVE_SCHEMA
from orchestrator.operations.recovery.resolve_unanswered_dials import resolve_unanswered_dials
from orchestrator.store.redis.event_streams import streams_of
from orchestrator.store.redis.keys import GROUP
from orchestrator.store.redis.live_calls import find_calls_over, load_live
from orchestrator.telnyx.commands import COMMANDS
from tests.support.carrier_stub import CarrierStub
from tests.support.unknown_calls import active_legs
from tests.support.world import CONNECTION, World

# As an engine of schema 1 left it in mid-call: a step that speaks, its command accepted.
OF_SCHEMA_1 = {
    "schema_no": 1,
    "campaign_id": "cmp_1",
    "contact_id": "con_1",
    "to": "+13125550123",
    "caller_id": "+13125550100",
    "contact": {"phone": "+13125550123", "external_id": None, "timezone": None},
    "dialed_at": "2026-07-01T15:00:00Z",
    "adopted": False,
    "direction": "outgoing",
    "phase": "answered",
    "call_leg_id": "leg-1",
    "call_session_id": "ses-1",
    "answered_at": "2026-07-01T15:00:09Z",
    "ended_at": None,
    "amd_result": None,
    "hangup_cause": None,
    "hangup_source": None,
    "sip_hangup_cause": None,
    "hangup_assumed": False,
    "error": None,
    "closing": False,
    "settled": False,
    "doubles": [],
    "step": "greet",
    "visit": 1,
    "visits": {"greet": 1},
    "answers": {},
    "outcome": "heard",
    "outstanding": [
        {
            "command_id": "0f2d7a2e-6a53-5c5b-9f0b-0d8f4f0f9a11",
            "action": "speak",
            "visit": 1,
            "since": "2026-07-01T15:00:09Z",
            "accepted": True,
            "started": True,
            "leg": None,
            "role": None,
            "joined": False,
            "stopped": False,
        }
    ],
    "seen": ["call.answered", "call.speak.started"],
    "heard": {},
    "finished": False,
    "paused": False,
    "gone_at": None,
    "hangups": 0,
    "suppressions": [],
    "target_legs": [],
    "transfers": 0,
    "newest_target": None,
    "user_state": None,
    "recordings": [],
    "cost": None,
}


def let_newer_version_write(world: World, call_id: str, **changes: Any) -> bytes:
    """Let the live state be as an engine of the version to come would have left it; return it."""
    known = orjson.loads(world.redis.hget(world.keys.call(call_id), "s") or b"{}")
    state = orjson.dumps({"of_then": [1], **known, "schema_no": LIVE_SCHEMA + 1, "phase": {"name": "?"}, **changes})
    world.redis.hset(world.keys.call(call_id), mapping={"s": state, "v": new_version()})
    return state


def let_newer_engine_read(world: World, call_id: str, state: bytes) -> None:
    """Turn such a state into what this version reads: from here on, this engine is the newer one."""
    told = {**orjson.loads(state), "schema_no": LIVE_SCHEMA, "phase": "answered"}
    world.redis.hset(world.keys.call(call_id), "s", orjson.dumps(told))


def take_over(world: World, stream: str, handle: Any) -> None:
    for entry in world.redis.xautoclaim(stream, GROUP, "another", 0)[1]:
        handle([entry])


def answered_call(world: World) -> str:
    call_id = world.dialed_call()
    world.hear(call_id, "call.answered")
    world.work(call_id)
    return call_id


def test_a_call_of_the_version_before_goes_on_where_it_stands(world: World) -> None:
    call_id = world.dialed_call()
    flow_id = world.call_row(call_id)["flow_id"]
    ids = {"call_id": call_id, "flow_id": flow_id, "call_control_id": f"v3:{call_id}"}
    state = orjson.dumps({**OF_SCHEMA_1, **ids})
    world.redis.hset(world.keys.call(call_id), mapping={"v": "1795888767181488", "s": state})

    world.hear(call_id, "call.speak.ended", status="completed")
    woken = world.advance()

    assert woken == [call_id]
    assert (live := world.live(call_id)) is not None
    assert (live.step, live.closing, live.schema_no) == ("bye", True, LIVE_SCHEMA)


def test_an_event_of_a_call_that_a_newer_version_advanced_waits_for_its_engines(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    call_id, other = answered_call(world), answered_call(world)
    state = let_newer_version_write(world, call_id)

    world.hear(call_id, "call.hangup", hangup_cause="user_busy")
    world.hear(other, "call.hangup", hangup_cause="user_busy")
    world.advance()
    for _ in range(10):
        take_over(world, world.keys.unmatched, world.unmatched_processor.process_events)

    left = {name: world.redis.xlen(stream) for name, stream in streams_of(world.keys).items()}
    assert left == {"events": 0, "strays": 1, "ended": 0}
    assert (world.redis.xlen(world.keys.dead), world.redis.xlen(world.keys.unmatched_webhooks)) == (0, 0)
    assert world.redis.hget(world.keys.call(call_id), "s") == state
    assert (live := world.live(other)) is not None and live.phase == "ended"
    assert f"the live state of {call_id} has schema {LIVE_SCHEMA + 1}" in caplog.text

    let_newer_engine_read(world, call_id, state)
    take_over(world, world.keys.unmatched, world.unmatched_processor.process_events)

    assert (live := world.live(call_id)) is not None and live.hangup_cause == "user_busy"


def test_an_engine_does_not_go_on_from_memory_when_a_newer_version_has_advanced_the_call(world: World) -> None:
    call_id = answered_call(world)
    state = let_newer_version_write(world, call_id)

    world.hear(call_id, "call.dtmf.received", digit="1")
    world.advance()

    assert world.redis.hget(world.keys.call(call_id), "s") == state


def test_r15_the_timers_of_others_do_not_wait_for_a_newer_engine(world: World) -> None:
    call_id, other = answered_call(world), world.dialed_call()
    world.advance()
    let_newer_version_write(world, call_id)
    world.hear(call_id, "call.dtmf.received", digit="1")
    world.advance()

    seconds, micros = world.redis.time()
    world.redis.zadd(world.keys.timers, {f"{other}|start": seconds * 1000 + micros // 1000})

    assert world.let_due_timers_fire() == 1


def test_the_record_of_a_call_that_a_newer_version_ended_is_left_to_its_engines(world: World) -> None:
    call_id, other = answered_call(world), answered_call(world)
    for each in (call_id, other):
        world.hear(each, "call.hangup", hangup_cause="normal_clearing")
    world.advance()
    world.let_timers_fire()
    world.advance()
    state = let_newer_version_write(world, call_id)

    world.settle()
    for _ in range(10):
        take_over(world, world.keys.ended, world.finalizer.finalize_calls)

    assert world.call_row(other)["state"] == "ended"
    assert world.call_row(call_id)["state"] == "accepted"
    assert (world.redis.xlen(world.keys.ended), world.redis.xlen(world.keys.dead)) == (1, 0)

    world.redis.hset(
        world.keys.call(call_id), "s", orjson.dumps({**orjson.loads(state), "schema_no": 1, "phase": "ended"})
    )
    take_over(world, world.keys.ended, world.finalizer.finalize_calls)

    assert world.call_row(call_id)["state"] == "ended"


def test_a_call_that_a_newer_version_advanced_is_shown_by_its_row_and_takes_no_command_here(world: World) -> None:
    call_id = answered_call(world)
    let_newer_version_write(world, call_id)

    story = world.find_call(call_id)
    with pytest.raises(Conflict) as refused:
        world.request_command(call_id, COMMANDS["hangup"].model_validate({}), request_id="r1")

    assert (story.row.id, story.live) == (call_id, None)
    assert "call.answered" in [line["type"] for line in story.timeline]
    assert refused.value.code == "newer_version"


def test_judges_leave_the_calls_of_a_newer_version_to_its_own_and_judge_the_others(
    world: World, carrier: CarrierStub
) -> None:
    carrier.dial = lambda _asked: (0, {})
    newer, other = world.dialed_call(), world.dialed_call()
    let_newer_version_write(world, newer, phase="dialing")
    for call_id in (newer, other):
        world.age_send(call_id, 41)

    resolve_unanswered_dials(world.sql, world.redis, world.keys)
    carrier.get = lambda _asked: (200, active_legs())
    world.set_call(newer, state="unknown")
    world.reconciler.reconcile_unknown_calls(CONNECTION)

    assert [world.call_row(call_id)["absences"] for call_id in (newer, other)] == [0, 1]


def test_a_call_that_a_newer_version_advanced_is_not_taken_for_over(world: World) -> None:
    call_id = answered_call(world)
    let_newer_version_write(world, call_id, phase="ended")

    over = find_calls_over(world.redis, world.keys, [call_id], now=world.services.clock(), grace_s=0)

    assert over == set()
    with pytest.raises(NewerLiveState):
        load_live(world.redis, world.keys, call_id)
