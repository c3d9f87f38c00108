"""Walking calls: events to decisions, decisions to commands, ends to the record; each crash, repeat and disorder."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import orjson
import pytest

from orchestrator.clock import utc_now
from orchestrator.model.event import Event
from orchestrator.operations import advance_calls
from orchestrator.operations.advance_calls import Advancer
from orchestrator.operations.dead_letters import list_dead_letters, replay_dead_letter
from orchestrator.operations.perform_commands import AGAIN_WITHIN_MS
from orchestrator.store.keys import GROUP
from orchestrator.store.live import read_live
from orchestrator.store.streams import add_event, add_webhook
from orchestrator.telnyx.client_state import ClientState
from tests.support.carrier_stub import Asked, CarrierStub, refusal
from tests.support.world import CONNECTION, World

TWO_STEPS = """
name: two-steps
outcomes: [first, second]
start: one
steps:
  one: {speak: {payload: "One", voice: female}, outcome: first, on: {call.speak.ended: two, call.dtmf.received: two}}
  two: {speak: {payload: "Two", voice: female}, outcome: second, on: {call.speak.ended: bye}}
  bye: {hangup: {}}
"""

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


def answered_call(world: World, **campaign: object) -> str:
    """Return a call that has been answered and has been told to speak."""
    call_id = world.dialed_call(**campaign)
    world.hear(call_id, "call.initiated")
    world.hear(call_id, "call.answered")
    world.advance()
    return call_id


def outbox(world: World, call_id: str) -> list[str]:
    return [orjson.loads(line)["action"] for line in world.redis.lrange(world.keys.outbox(call_id), 0, -1)]


def actions(carrier: CarrierStub) -> list[str]:
    return [asked.path.rsplit("/", 1)[1] for asked in carrier.actions]


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
    world.advancer.advance_calls(claimed)

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
        Advancer(client=world.redis, sql=world.sql, flows=world.flows, connection_id=CONNECTION) for _ in range(3)
    ]

    def engine(number: int) -> None:
        while found := world.redis.xreadgroup(GROUP, f"rival-{number}", {world.keys.events: ">"}, count=5):
            rivals[number].advance_calls(found[0][1])

    threads = [threading.Thread(target=engine, args=(n,)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    _, timeline = read_live(world.redis, world.keys, call_id)
    assert sum(line["type"] == "call.dtmf.received" for line in timeline) == 40
    assert world.redis.xlen(world.keys.events) == 0


def test_r12_a_hangup_drops_every_command_that_was_not_sent(world: World, carrier: CarrierStub) -> None:
    call_id = answered_call(world)
    assert outbox(world, call_id) == ["speak"]

    world.hear(call_id, "call.hangup", hangup_cause="normal_clearing")
    world.advance()
    world.perform(call_id)

    assert carrier.actions == []


def test_r12_a_digit_pressed_before_the_hangup_still_opts_out(world: World) -> None:
    call_id = world.dialed_call(flow=OPT_OUT)
    world.hear(call_id, "call.answered", ago_s=9)
    world.work(call_id)
    world.hear(call_id, "call.hangup", hangup_cause="normal_clearing", ago_s=1)
    world.hear(call_id, "call.gather.ended", status="valid", digits="9", ago_s=2)
    world.advance()
    world.let_timers_fire()
    world.advance()
    world.settle()

    assert world.query("SELECT phone, scope, reason FROM suppressions") == [
        (world.call_row(call_id)["to_number"], "global", "opt-out")
    ]
    assert world.call_row(call_id)["outcome"] == "opted_out"


def test_r12_an_opt_out_that_arrives_after_the_record_lowers_what_remains_to_be_dialed(world: World) -> None:
    retry = {"max_attempts": 3, "on": {"answered": {"after": "1m"}}, "on_outcome": {}}
    call_id = world.dialed_call(flow=OPT_OUT, retry=retry)
    world.hear(call_id, "call.answered", ago_s=9)
    world.work(call_id)
    world.hang_up(call_id)
    assert world.contact_of(call_id)["status"] == "waiting"

    world.hear(call_id, "call.gather.ended", status="valid", digits="9", ago_s=5)
    world.advance()
    world.settle()

    assert world.contact_of(call_id)["status"] in ("suppressed", "completed")
    assert world.query("SELECT count(*) FROM suppressions") == [(1,)]
    assert world.call_row(call_id)["outcome"] == "opted_out"


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
    asked.wait(10)

    assert world.perform(call_id) == 0
    answer.set()
    first.join()
    assert len(carrier.actions) == 1


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


def test_r13_leaving_a_step_drops_its_unsent_commands(world: World) -> None:
    call_id = answered_call(world, flow=TWO_STEPS)

    world.hear(call_id, "call.dtmf.received", digit="1")
    world.advance()

    bodies = [orjson.loads(line)["body"] for line in world.redis.lrange(world.keys.outbox(call_id), 0, -1)]
    assert [body.get("payload") for body in bodies if "payload" in body] == ["Two"]


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


def test_r14_a_leg_that_is_gone_ends_without_its_hangup_and_a_late_one_corrects_it(
    world: World, carrier: CarrierStub
) -> None:
    carrier.act = lambda _asked: refusal(422, "90018", title="Call has already ended")
    call_id = answered_call(world)
    world.work(call_id)
    world.let_timers_fire()
    world.advance()
    world.let_timers_fire()
    world.advance()
    world.settle()
    assert world.call_row(call_id)["state"] == "ended"
    attempts = world.contact_of(call_id)["attempts"]

    world.hear(call_id, "call.hangup", hangup_cause="normal_clearing", hangup_source="callee")
    world.advance()
    world.settle()

    assert world.call_row(call_id)["hangup_cause"] == "normal_clearing"
    assert world.contact_of(call_id)["attempts"] == attempts == 1


def test_r15_a_timer_is_not_issued_while_an_older_entry_waits(world: World) -> None:
    from orchestrator.store.scripts import ScriptCall, run_script

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

    assert world.redis.xlen(world.keys.orphans) == 2
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

    assert world.redis.xlen(world.keys.orphans) == 0
    live = world.live(call_id)
    assert live is not None and len(live.recordings) == 1


def test_r17_live_state_stays_until_its_record_is_committed_and_a_quarter_of_an_hour_longer(world: World) -> None:
    call_id = answered_call(world)
    assert world.redis.ttl(world.keys.call(call_id)) == -1

    world.hang_up(call_id)

    assert 800 < world.redis.ttl(world.keys.call(call_id)) <= 900
    kinds = world.query("SELECT kind, type FROM call_events WHERE call_id = :id ORDER BY position", id=call_id)
    assert ("event", "call.answered") in kinds and ("command", "speak") in kinds


def test_r17_an_event_that_returns_after_the_live_state_is_gone_is_not_told_twice(world: World) -> None:
    call_id = answered_call(world)
    world.hear(call_id, "call.speak.ended", ident="late")
    world.hang_up(call_id)
    before = world.query("SELECT count(*) FROM call_events")
    world.redis.delete(world.keys.call(call_id), world.keys.log(call_id))

    world.hear(call_id, "call.speak.ended", ident="late")
    world.advance()
    world.settle()

    assert world.query("SELECT count(*) FROM call_events") == before
    assert world.contact_of(call_id)["attempts"] == 1


def test_r18_settling_twice_ends_a_call_once(world: World) -> None:
    retry = {"max_attempts": 3, "on": {"no_answer": {"after": "1h"}}, "on_outcome": {}}
    call_id = world.dialed_call(retry=retry)
    world.hear(call_id, "call.hangup", hangup_cause="timeout")
    world.advance()
    world.let_timers_fire()
    world.advance()
    world.redis.xadd(world.keys.ended, {"call": call_id})

    assert world.settle() == 1

    contact = world.contact_of(call_id)
    assert (contact["status"], contact["reason"], contact["attempts"]) == ("waiting", "retry_due", 1)
    assert contact["due_at"] > utc_now() + timedelta(minutes=59)


def test_r18_one_call_that_cannot_be_recorded_does_not_hold_up_the_others(world: World) -> None:
    good, bad = answered_call(world), answered_call(world)
    for call_id in (good, bad):
        world.hear(call_id, "call.hangup", hangup_cause="normal_clearing")
    world.advance()
    world.let_timers_fire()
    world.advance()
    world.execute(f"ALTER TABLE calls ADD CONSTRAINT poison CHECK (id <> '{bad}' OR disposition <> 'answered')")
    entries = world.redis.xreadgroup(GROUP, "test", {world.keys.ended: ">"}, count=10)[0][1]

    for _ in range(5):
        world.settler.settle_calls(entries)

    assert world.call_row(good)["state"] == "ended"
    contact = world.contact_of(bad)
    assert (contact["status"], contact["reason"]) == ("held", "record_failed")
    assert world.redis.zcard(world.keys.slots(CONNECTION)) == 0
    world.execute("ALTER TABLE calls DROP CONSTRAINT poison")
    [letter] = list_dead_letters(world.redis, world.keys)

    replay_dead_letter(world.redis, world.keys, letter.id)
    world.settle()

    assert world.call_row(bad)["disposition"] == "answered"
    assert (world.contact_of(bad)["status"], world.contact_of(bad)["attempts"]) == ("completed", 1)


def test_r19_a_poisoned_event_goes_to_the_dead_letters_and_can_be_replayed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    call_id = world.dialed_call()
    healthy = world.dialed_call()
    world.advance()
    real = advance_calls.advance

    def poisoned(flow: object, call: object, event: Event, now: datetime) -> object:
        if event.type == "call.answered" and event.call_id == call_id:
            raise RuntimeError("a fault in the engine")
        return real(flow, call, event, now)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(advance_calls, "advance", poisoned)
        world.hear(call_id, "call.answered")
        world.hear(healthy, "call.answered")
        world.advance()

    [letter] = list_dead_letters(world.redis, world.keys)
    assert "a fault in the engine" in letter.why
    assert outbox(world, healthy) == ["speak"]
    assert world.redis.xlen(world.keys.events) == 0

    assert replay_dead_letter(world.redis, world.keys, letter.id)
    world.advance()
    assert outbox(world, call_id) == ["speak"]
    assert not replay_dead_letter(world.redis, world.keys, letter.id)


def test_an_entry_nobody_can_read_is_buried_at_once(world: World) -> None:
    world.redis.xadd(world.keys.events, {"what": "is this"})

    world.advance()

    assert len(list_dead_letters(world.redis, world.keys)) == 1


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
