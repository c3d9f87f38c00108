"""Walking calls: events to decisions, decisions to commands; each crash, repeat and disorder."""

from __future__ import annotations

import threading
from datetime import timedelta

import orjson
import pytest

from orchestrator.clock import utc_now
from orchestrator.model.event import Event
from orchestrator.operations.events.process_events import EventProcessor
from orchestrator.store.redis.event_streams import add_event, add_webhook
from orchestrator.store.redis.keys import GROUP
from orchestrator.store.redis.live_calls import read_live
from orchestrator.telnyx.client_state import ClientState
from tests.support.carrier_stub import CarrierStub
from tests.support.two_step_calls import TWO_STEPS, actions, answered_call, outbox
from tests.support.world import CONNECTION, World


def test_a_call_walks_through_its_flow_to_its_record(world: World, carrier: CarrierStub) -> None:
    call_id = answered_call(world)
    world.work(call_id)
    world.hear(call_id, "call.speak.started")
    world.hear(call_id, "call.speak.ended", status="completed")
    world.work(call_id)
    world.hang_up(call_id)

    row, contact = world.call_row(call_id), world.contact_of(call_id)
    assert actions(carrier) == ["speak", "hangup"]
    assert (row["state"], row["disposition"], row["outcome"]) == ("ended", "answered", "heard")
    assert row["answered_at"] and row["ended_at"] and row["hangup_cause"] == "normal_clearing"
    assert (contact["status"], contact["attempts"], contact["outcome"]) == ("completed", 1, "heard")
    assert world.redis.xlen(world.keys.events) == world.redis.xlen(world.keys.ended) == 0
    assert world.redis.zcard(world.keys.slots(CONNECTION)) == 0


def test_every_command_carries_our_identity_and_a_stable_id(world: World, carrier: CarrierStub) -> None:
    call_id = answered_call(world)
    world.work(call_id)

    body = carrier.actions[0].body
    assert ClientState.decode(body["client_state"]) == ClientState(call=call_id, role="A", user=None)
    assert body["command_id"]


def test_the_timeline_shows_events_and_commands_in_the_order_the_call_took_notice(world: World) -> None:
    call_id = answered_call(world)

    _, timeline = read_live(world.redis, world.keys, call_id)

    assert [(line["kind"], line["type"]) for line in timeline] == [
        ("event", "dial.accepted"),
        ("event", "call.initiated"),
        ("event", "call.answered"),
        ("command", "speak"),
    ]


def test_r11_a_commit_is_all_or_nothing_and_a_crash_before_it_replays(world: World) -> None:
    call_id = world.dialed_call()
    world.hear(call_id, "call.answered")
    taken = world.redis.xreadgroup(GROUP, "dying", {world.keys.events: ">"}, count=10)[0][1]

    claimed = world.redis.xautoclaim(world.keys.events, GROUP, "heir", 0)[1]
    assert [entry[0] for entry in claimed] == [entry[0] for entry in taken]
    world.processor.process_events(claimed)

    assert outbox(world, call_id) == ["speak"]
    assert world.redis.xpending(world.keys.events, GROUP)["pending"] == 0


def test_r11_scripts_the_server_has_forgotten_are_loaded_again_and_replayed(world: World) -> None:
    calls = [world.dialed_call() for _ in range(3)]
    for call_id in calls:
        world.hear(call_id, "call.answered")
    world.redis.script_flush()

    world.advance()

    assert [outbox(world, call_id) for call_id in calls] == [["speak"]] * 3


def test_r11_an_event_that_comes_twice_is_acted_on_once(world: World, carrier: CarrierStub) -> None:
    call_id = answered_call(world)
    world.work(call_id)
    for _ in range(3):
        world.hear(call_id, "call.speak.ended", ident="the-same")
    world.work(call_id)

    assert actions(carrier) == ["speak", "hangup"]


def test_r11_two_events_of_one_call_in_one_batch_are_decided_one_after_the_other(world: World) -> None:
    call_id = world.dialed_call(flow=TWO_STEPS)
    for event in ("call.initiated", "call.answered", "call.dtmf.received"):
        world.hear(call_id, event, digit="1")

    world.advance()

    live = world.live(call_id)
    assert live is not None and (live.step, live.outcome) == ("two", "second")


def test_r11_two_engines_racing_for_one_call_lose_no_event(world: World) -> None:
    call_id = world.dialed_call(flow=TWO_STEPS)
    for n in range(40):
        world.hear(call_id, "call.dtmf.received", digit=str(n % 10))
    rivals = [
        EventProcessor(client=world.redis, flows=world.flows, connection_id=CONNECTION, keys=world.keys)
        for _ in range(3)
    ]

    def engine(number: int) -> None:
        while found := world.redis.xreadgroup(GROUP, f"rival-{number}", {world.keys.events: ">"}, count=5):
            rivals[number].process_events(found[0][1])

    threads = [threading.Thread(target=engine, args=(n,)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    _, timeline = read_live(world.redis, world.keys, call_id)
    assert sum(line["type"] == "call.dtmf.received" for line in timeline) == 40
    assert world.redis.xlen(world.keys.events) == 0


def test_r15_a_timer_is_not_issued_while_an_older_entry_waits(world: World) -> None:
    from orchestrator.store.redis.scripts import ScriptCall, run_script

    call_id = answered_call(world)
    world.hear(call_id, "call.speak.ended")
    seconds, _ = world.redis.time()
    world.redis.zadd(world.keys.timers, {f"{call_id}|step:1": seconds * 1000 + 10_000_000})
    fire = ScriptCall("fire_timers", [world.keys.timers, world.keys.events], [10])
    entry_ms = int(world.redis.xrange(world.keys.events, count=1)[0][0].split(b"-")[0])
    world.redis.zadd(world.keys.timers, {f"{call_id}|step:1": entry_ms + 1})

    before = run_script(world.redis, fire)
    world.advance()
    world.redis.zadd(world.keys.timers, {f"{call_id}|step:1": entry_ms + 1})
    after = run_script(world.redis, fire)

    assert (before, after) == (0, 1)


def test_r16_an_ending_is_charged_to_the_oldest_command_of_its_kind(world: World) -> None:
    call_id = answered_call(world, flow=TWO_STEPS)
    world.perform(call_id)
    world.hear(call_id, "call.dtmf.received", digit="1")
    world.work(call_id)

    world.hear(call_id, "call.speak.ended", status="completed")  # of "One", which was being cut off
    world.work(call_id)

    live = world.live(call_id)
    assert live is not None and live.step == "two"


def test_r6_a_second_leg_with_our_identity_is_hung_up_and_leaves_the_call_alone(
    world: World, carrier: CarrierStub
) -> None:
    call_id = answered_call(world)
    world.work(call_id)
    state = ClientState(call=call_id, role="A", user=None).encode()
    payload = {"call_control_id": "v3:double", "client_state": state}
    data = {
        "event_type": "call.initiated",
        "id": "double-1",
        "occurred_at": utc_now().isoformat(),
        "payload": payload,
    }
    add_webhook(world.redis, world.keys, orjson.dumps({"data": data}))
    world.work(call_id)

    hung_up = [asked for asked in carrier.actions if asked.path.endswith("/hangup")]
    assert [asked.path for asked in hung_up] == ["/v2/calls/v3:double/actions/hangup"]
    live = world.live(call_id)
    assert live is not None and live.phase == "answered"


def test_r6_an_event_of_no_call_of_ours_becomes_an_orphan(world: World) -> None:
    data = {"event_type": "call.answered", "id": "x", "occurred_at": "2026-01-01T00:00:00Z", "payload": {}}
    add_webhook(world.redis, world.keys, orjson.dumps({"data": data}))
    world.hear("call_01J00000000000000000000000", "call.answered")

    world.advance()

    assert world.redis.xlen(world.keys.unmatched_webhooks) == 2
    assert world.redis.xlen(world.keys.events) == 0


def test_a_webhook_that_lost_its_client_state_is_found_by_its_leg(world: World) -> None:
    call_id = answered_call(world)
    payload = {"call_leg_id": f"leg-{call_id}", "client_state": None, "recording_urls": {"mp3": "http://x/y.mp3"}}
    data = {
        "event_type": "call.recording.saved",
        "id": "rec-1",
        "occurred_at": utc_now().isoformat(),
        "payload": payload,
    }
    add_webhook(world.redis, world.keys, orjson.dumps({"data": data}))
    world.redis.set(world.keys.leg(f"leg-{call_id}"), call_id)

    world.advance()

    assert world.redis.xlen(world.keys.unmatched_webhooks) == 0
    live = world.live(call_id)
    assert live is not None and len(live.recordings) == 1


def test_an_action_over_the_api_goes_the_way_of_every_command(world: World, carrier: CarrierStub) -> None:
    call_id = answered_call(world)
    world.work(call_id)
    event = Event(
        id="req-1",
        type="action.requested",
        occurred_at=utc_now(),
        call_id=call_id,
        payload={"command_id": "c-1", "action": "hangup", "body": {}},
    )
    add_event(world.redis, world.keys, event)
    world.work(call_id)
    world.hear(call_id, "call.speak.ended")
    world.work(call_id)

    assert actions(carrier) == ["speak", "hangup"]
    assert carrier.actions[1].body["command_id"] == "c-1"


def test_a_call_without_a_flow_rings_and_is_driven_by_actions_alone(world: World, carrier: CarrierStub) -> None:
    campaign_id = world.campaign(kind="direct", flow_id=None)
    world.contact(campaign_id, caller_id="+13125550100")
    [call_id] = world.claim(campaign_id)
    world.dialer.dial_call(call_id)
    world.hear(call_id, "call.answered")
    world.work(call_id)
    assert carrier.actions == []

    payload = {"command_id": "c-1", "action": "hangup", "body": {}}
    event = Event(id="req-1", type="action.requested", occurred_at=utc_now(), call_id=call_id, payload=payload)
    add_event(world.redis, world.keys, event)
    world.work(call_id)
    world.hang_up(call_id)

    assert actions(carrier) == ["hangup"]
    assert world.call_row(call_id)["disposition"] == "answered"


@pytest.mark.parametrize("occurred_at", [None, "yesterday", "", 17])
def test_a_webhook_without_a_time_that_can_be_read_happened_when_it_came(world: World, occurred_at: object) -> None:
    call_id = world.dialed_call()
    state = ClientState(call=call_id, role="A", user=None).encode()
    payload = {"call_control_id": f"v3:{call_id}", "client_state": state}
    data = {"event_type": "call.answered", "id": "odd", "occurred_at": occurred_at, "payload": payload}
    add_webhook(world.redis, world.keys, orjson.dumps({"data": data}))

    world.advance()

    live = world.live(call_id)
    assert live is not None and live.answered_at is not None
    assert abs(utc_now() - live.answered_at) < timedelta(minutes=1)
