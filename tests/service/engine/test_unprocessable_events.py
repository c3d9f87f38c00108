"""Events and records that cannot be processed hold up no other call."""

from __future__ import annotations

import json

import pytest

from orchestrator.flow import Flow
from orchestrator.operations.events import process_events
from orchestrator.operations.events.dead_letters import list_dead_letters
from orchestrator.operations.events.process_events import EventProcessor
from orchestrator.store.redis.event_streams import add_webhook
from orchestrator.store.redis.keys import GROUP
from orchestrator.store.redis.ready_calls import ReadyCalls, WakeUps
from orchestrator.store.redis.scripts import ScriptCall, run_script
from orchestrator.store.sql.engine import open_sql
from orchestrator.store.sql.flow_cache import FlowCache
from orchestrator.telnyx.client_state import ClientState
from tests.support.world import CONNECTION, World
from workers.engine.stream_consumer import Consumer


class Poisoned(FlowCache):
    """Flows of which one cannot be decided by."""

    bad: str | None = None

    def find(self, flow_id: str | None) -> Flow | None:
        if flow_id == self.bad:
            raise RuntimeError("a fault")
        return super().find(flow_id)


def answered_call(world: World, **campaign: object) -> str:
    call_id = world.dialed_call(**campaign)
    world.hear(call_id, "call.initiated")
    world.hear(call_id, "call.answered")
    world.work(call_id)
    return call_id


def test_r19_an_entry_that_cannot_be_written_down_again_holds_up_nobody(world: World) -> None:
    bad, healthy = world.dialed_call(), world.dialed_call()
    world.advance()
    deep: object = 1
    for _ in range(300):
        deep = {"a": deep}
    state = ClientState(call=bad, role="A", user=None).encode()
    payload = {"call_control_id": f"v3:{bad}", "client_state": state, "x": deep}
    data = {"event_type": "call.dtmf.received", "id": "deep", "occurred_at": "2026-01-01T00:00:00Z", "payload": payload}
    add_webhook(world.redis, world.keys, json.dumps({"data": data}).encode())
    world.hear(healthy, "call.answered")

    world.advance()

    live = world.live(healthy)
    assert live is not None and live.phase == "answered"
    assert len(list_dead_letters(world.redis, world.keys)) == 1
    assert world.redis.xlen(world.keys.events) == 0


def test_r19_a_failing_event_does_not_hold_up_the_timers_of_others(world: World) -> None:
    world.flows = flows = Poisoned(world.sql)
    bad, other = world.dialed_call(), world.dialed_call()
    world.advance()
    flows.bad = world.call_row(bad)["flow_id"]
    world.hear(bad, "call.answered")
    world.advance()
    world.redis.zadd(world.keys.timers, {f"{other}|start": 1})

    assert run_script(world.redis, ScriptCall("fire_timers", [world.keys.timers, world.keys.events], [10])) == 1


def test_r19_what_was_decided_before_a_failing_event_is_committed_and_woken_by_the_same_round(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    woken: list[str] = []
    world.flows = flows = Poisoned(world.sql)
    offer = ReadyCalls(world.redis, world.keys, "commands").offer
    processor = EventProcessor(
        client=world.redis,
        flows=flows,
        connection_id=CONNECTION,
        keys=world.keys,
        wake_ups=WakeUps(offer, woken.extend),
    )
    call_ids = [world.dialed_call() for _ in range(5)]
    world.advance()
    monkeypatch.setattr(process_events, "_PART", 2)
    flows.bad = world.call_row(call_ids[3])["flow_id"]
    for call_id in call_ids:
        world.hear(call_id, "call.answered")
    [[_, entries]] = world.redis.xreadgroup(GROUP, "mine", {world.keys.events: ">"}, count=100)
    processor.process_events(entries)

    good = [call_id for call_id in call_ids if call_id != call_ids[3]]
    assert [(live := world.live(call_id)) and live.phase for call_id in good] == ["answered"] * 4
    assert sorted(woken) == sorted(good)
    assert len(list_dead_letters(world.redis, world.keys)) == 1 and world.redis.xlen(world.keys.events) == 0


def test_r19_an_entry_that_ends_every_process_is_buried(world: World) -> None:
    world.redis.xadd(world.keys.events, {"raw": b"{}"})
    [[_, [(entry_id, _)]]] = world.redis.xreadgroup(GROUP, "victim", {world.keys.events: ">"}, count=1)
    world.redis.hset(world.keys.failures, f"died:{entry_id.decode()}", 5)  # by as many that never came back from it
    handled: list[object] = []

    Consumer(world.redis, world.keys.events, handled.append, keys=world.keys, left_behind_ms=0).consume()

    assert handled == []
    assert len(list_dead_letters(world.redis, world.keys)) == 1
    assert world.redis.hlen(world.keys.failures) == 0


def test_r18_a_record_this_version_cannot_read_holds_up_nobody_else(world: World) -> None:
    bad, good = answered_call(world), answered_call(world)
    for call_id in (bad, good):
        world.hear(call_id, "call.hangup", hangup_cause="normal_clearing")
    world.advance()
    world.let_timers_fire()
    world.advance()
    campaign_id = world.call_row(bad)["campaign_id"]
    world.execute("UPDATE campaigns SET retry = '{\"of_a_newer_version\": 1}' WHERE id = :c", c=campaign_id)

    world.settle()

    assert world.call_row(good)["state"] == "ended"
    assert world.call_row(bad)["state"] == "accepted"


def test_a_nul_in_a_webhook_does_not_keep_a_call_from_its_record(world: World) -> None:
    call_id = answered_call(world)
    world.hear(call_id, "call.dtmf.received", digit="1", note="a\x00b", path="C:\\u0000")
    world.hang_up(call_id)

    assert world.call_row(call_id)["state"] == "ended"
    [(payload,)] = world.query("SELECT payload FROM call_events WHERE type = 'call.dtmf.received'")
    assert (payload["note"], payload["path"]) == ("ab", "C:\\u0000")


def test_r19_a_database_that_is_away_counts_against_no_event(world: World) -> None:
    call_id = world.dialed_call()
    world.advance()
    away = open_sql("postgresql+psycopg://u:p@127.0.0.1:1/x")
    processor = EventProcessor(client=world.redis, flows=FlowCache(away), connection_id=CONNECTION, keys=world.keys)
    world.hear(call_id, "call.answered")
    entries = world.redis.xreadgroup(GROUP, "x", {world.keys.events: ">"}, count=10)[0][1]

    for _ in range(4):
        processor.process_events(entries)

    assert list_dead_letters(world.redis, world.keys) == []
    world.processor.process_events(entries)
    live = world.live(call_id)
    assert live is not None and live.phase == "answered"
