"""From the end of a call to its record, and what may still come after."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import orjson

from orchestrator.clock import utc_now
from orchestrator.operations.contacts.change_contact import ContactChange, change_contact
from orchestrator.operations.contacts.find_suppressions import lift_suppression
from orchestrator.operations.contacts.suppress_number import suppress_number
from orchestrator.operations.events.dead_letters import list_dead_letters, replay_dead_letter
from orchestrator.store.redis.keys import GROUP
from orchestrator.store.sql.call_records import hold_unrecorded
from orchestrator.store.sql.flow_cache import FlowCache
from tests.support.carrier_stub import CarrierStub, refusal
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

TWO_AGENTS = """
name: two-agents
outcomes: [connected, nobody]
start: first
steps:
  first:
    transfer: {to: "+13125550151", timeout_secs: 15}
    on: {target.call.bridged: {outcome: connected, goto: talk}, target.call.hangup: second}
  second:
    transfer: {to: "+13125550152", timeout_secs: 15}
    on: {target.call.bridged: {outcome: connected, goto: talk}, target.call.hangup: {outcome: nobody, goto: bye}}
  talk: {wait_for: target.call.hangup, goto: bye}
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


def opted_out(world: World) -> str:
    """Return a call whose flow has asked never to dial its number again."""
    call_id = world.dialed_call(flow=OPT_OUT)
    world.hear(call_id, "call.answered", ago_s=9)
    world.work(call_id)
    world.hear(call_id, "call.gather.ended", status="valid", digits="9", ago_s=2)
    world.work(call_id)
    world.hang_up(call_id)
    return call_id


def test_a_late_word_of_a_call_does_not_bring_back_an_opt_out_that_was_lifted(world: World) -> None:
    call_id = opted_out(world)
    phone = world.call_row(call_id)["to_number"]
    world.run(lift_suppression, {"phone": phone, "scope": "global"}, by="anna", because="asked to be called")

    world.hear(call_id, "call.cost", total_cost="0.005")
    world.advance()
    world.settle()

    assert world.call_row(call_id)["cost"]
    assert world.query("SELECT id FROM suppressions") == []
    assert world.query("SELECT lifted_by FROM lifted_suppressions") == [("anna",)]


def test_an_opt_out_in_a_call_after_a_lift_is_a_new_one(world: World) -> None:
    phone = world.call_row(opted_out(world))["to_number"]
    world.run(lift_suppression, {"phone": phone, "scope": "global"}, by="anna", because=None)

    campaign = world.campaign(flow=OPT_OUT)
    world.contact(campaign, phone=phone)
    [again] = world.claim(campaign)
    world.dialer.dial_call(again)
    world.hear(again, "call.answered", ago_s=9)
    world.work(again)
    world.hear(again, "call.gather.ended", status="valid", digits="9", ago_s=2)
    world.hang_up(again)

    assert world.query("SELECT phone, call_id FROM suppressions") == [(phone, again)]
    assert world.query("SELECT lifted_by FROM lifted_suppressions") == [("anna",)]


def test_an_opt_out_in_a_call_lengthens_what_stands_and_leaves_its_reason(world: World) -> None:
    call_id = world.dialed_call(flow=OPT_OUT)
    phone, until = world.call_row(call_id)["to_number"], utc_now() + timedelta(days=9)
    world.run(suppress_number, phone, reason="on holiday", expires_at=until)
    world.hear(call_id, "call.answered", ago_s=9)
    world.work(call_id)
    world.hear(call_id, "call.gather.ended", status="valid", digits="9", ago_s=2)
    world.hang_up(call_id)

    assert world.query("SELECT reason, expires_at FROM suppressions") == [("on holiday", None)]
    asked = world.query("SELECT reason, asked_by, call_id FROM suppression_requests ORDER BY id")
    assert asked == [("on holiday", "api", None), ("opt-out", "flow", call_id)]


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
        world.finalizer.finalize_calls(entries)

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


def test_r18_a_call_that_cannot_be_recorded_and_whose_send_was_lost_is_ended_too(world: World) -> None:
    call_id = answered_call(world)
    world.execute("UPDATE calls SET state = 'reserved' WHERE id = :call_id", call_id=call_id)  # as a failover leaves it
    world.hear(call_id, "call.hangup", hangup_cause="normal_clearing")
    world.advance()
    world.let_timers_fire()
    world.advance()
    world.execute("ALTER TABLE calls ADD CONSTRAINT poison CHECK (disposition <> 'answered')")
    entries = world.redis.xreadgroup(GROUP, "test", {world.keys.ended: ">"}, count=10)[0][1]

    for _ in range(5):
        world.finalizer.finalize_calls(entries)

    assert (world.call_row(call_id)["state"], world.call_row(call_id)["disposition"]) == ("ended", "failed")
    assert world.contact_of(call_id)["reason"] == "record_failed"


def test_r18_a_contact_that_a_person_ended_stays_so_when_the_record_of_its_call_is_written_after_all(
    world: World,
) -> None:
    call_id = world.dialed_call()
    contact_id = world.contact_of(call_id)["id"]
    with world.sql.begin() as tx:
        hold_unrecorded(tx, call_id)
    world.run(change_contact, contact_id, ContactChange(status="canceled"))

    world.hang_up(call_id)

    assert world.call_row(call_id)["state"] == "ended"
    assert (world.contact_row(contact_id)["status"], world.contact_row(contact_id)["attempts"]) == ("canceled", 1)


def test_r19_a_poisoned_event_goes_to_the_dead_letters_and_can_be_replayed(world: World) -> None:
    call_id = world.dialed_call()
    healthy = world.dialed_call()
    world.advance()
    flow = {"id": world.call_row(call_id)["flow_id"]}
    [(source,)] = world.query("SELECT source FROM flows WHERE id = :id", **flow)
    world.execute("UPDATE flows SET source = 'steps: {nobody: can read this}' WHERE id = :id", **flow)
    world.flows = FlowCache(world.sql)  # as of an engine that has not read the flow before
    del world.processor

    world.hear(call_id, "call.answered")
    world.hear(healthy, "call.answered")
    world.advance()
    world.execute("UPDATE flows SET source = :source WHERE id = :id", source=source, **flow)

    [letter] = list_dead_letters(world.redis, world.keys)
    assert "InvalidFlow" in letter.why
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


def test_a_command_stands_behind_its_cause_however_many_lines_are_written_with_it(world: World) -> None:
    before, call_id = answered_call(world), answered_call(world)
    for each in (before, call_id):
        world.hear(each, "call.hangup", hangup_cause="normal_clearing")
    world.advance()
    world.let_timers_fire()
    world.advance()
    told = [line["type"] for line in world.find_call(call_id).timeline]
    long_log = world.redis.lrange(world.keys.log(before), 0, 0) * 2000
    lines_before = len(world.find_call(before).timeline)
    world.redis.rpush(world.keys.log(before), *long_log[: 999 - lines_before - told.index("call.answered")])

    world.settle()

    assert [line["type"] for line in world.find_call(call_id).timeline] == told


def test_every_leg_of_a_call_stands_in_its_one_timeline(world: World) -> None:
    call_id = world.dialed_call(flow=TWO_AGENTS)
    world.hear(call_id, "call.answered")
    world.work(call_id)
    for letter in ("B", "C"):
        of_agent: dict[str, Any] = {"leg": letter, "call_control_id": f"v3:agent-{letter}"}
        world.hear(call_id, "call.initiated", **of_agent)
        world.hear(call_id, "call.hangup", hangup_cause="timeout", **of_agent)
        world.work(call_id)

    world.hang_up(call_id)

    told = world.query(
        "SELECT leg, kind, type FROM call_events WHERE call_id = :id AND leg <> 'A' ORDER BY position", id=call_id
    )
    assert [tuple(row) for row in told] == [
        (letter, "event", kind) for letter in ("B", "C") for kind in ("call.initiated", "call.hangup")
    ]
    assert world.call_row(call_id)["outcome"] == "nobody"
