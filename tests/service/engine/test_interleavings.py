"""What happens between two steps: races, crashes and lost answers that broke something once, each named."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import redis
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from orchestrator.clock import utc_now
from orchestrator.errors import Conflict, StoreUnavailable
from orchestrator.ids import new_id
from orchestrator.model.event import Event
from orchestrator.operations import advance_calls, dial_call
from orchestrator.operations.advance_calls import Advancer
from orchestrator.operations.ask_about_calls import ask_about_calls
from orchestrator.operations.cancel_campaign import cancel_campaign
from orchestrator.operations.change_contact import ContactChange, change_contact
from orchestrator.operations.complete_campaigns import complete_campaigns
from orchestrator.operations.dead_letters import list_dead_letters
from orchestrator.operations.import_contacts import ImportOptions, import_contacts
from orchestrator.operations.judge_sends import judge_sends
from orchestrator.operations.pause_campaign import pause_campaign
from orchestrator.operations.place_call import NewCall, place_call
from orchestrator.operations.reconcile_channels import reconcile_channels
from orchestrator.operations.record_event import Door
from orchestrator.operations.request_action import request_action
from orchestrator.operations.start_campaign import resume_campaign
from orchestrator.operations.stop_dialing import resume_dialing, stop_dialing
from orchestrator.store.connect import open_sql
from orchestrator.store.flows import FlowShelf
from orchestrator.store.keys import GROUP
from orchestrator.store.scripts import ScriptCall, run_script
from orchestrator.store.streams import add_event, add_webhook
from orchestrator.telnyx.client_state import ClientState
from orchestrator.telnyx.commands import COMMANDS
from tests.service.engine.test_sweeps import active_legs, look_again, unknown_call
from tests.support.carrier_stub import Asked, CarrierStub, accepted_dial, refusal
from tests.support.poll import eventually
from tests.support.world import CONNECTION, World
from workers.consume import Consumer

RETRY = {"max_attempts": 5, "on": {"no_answer": {"after": "1h"}, "answered": {"after": "1h"}}, "on_outcome": {}}


def judge(world: World) -> list[str]:
    return judge_sends(world.sql, world.redis, world.keys)


def answered_call(world: World, **campaign: object) -> str:
    call_id = world.dialed_call(**campaign)
    world.hear(call_id, "call.initiated")
    world.hear(call_id, "call.answered")
    world.work(call_id)
    return call_id


@contextmanager
def full_memory(client: redis.Redis, *, share: float = 2.0) -> Iterator[None]:
    """Let Redis hold `share` times what it may."""
    used = client.info("memory")["used_memory"]
    client.config_set("maxmemory-policy", "noeviction")
    client.config_set("maxmemory", int(used / share))
    try:
        yield
    finally:
        client.config_set("maxmemory", 0)


# -- the gate closes while a claim is under way ----------------------------------------------------------------------


def test_r9_a_claim_that_meets_a_pause_leaves_its_contacts_waiting_for_the_resume(world: World) -> None:
    campaign_id = world.campaign()
    world.contacts(campaign_id, 3)
    with world.sql.begin() as connection:
        view = world.dispatcher._look(connection)
    assert view is not None
    pause_campaign(world.house, campaign_id)

    assert world.dispatcher._claim(view) == []
    resume_campaign(world.house, campaign_id)
    world.execute("UPDATE campaigns SET heard_webhooks = true")

    assert eventually(world.dispatcher.dispatch_calls)


def test_r9_a_claim_that_meets_the_stop_of_all_dialing_loses_nobody(world: World) -> None:
    campaign_id = world.campaign()
    world.contacts(campaign_id, 3)
    with world.sql.begin() as connection:
        view = world.dispatcher._look(connection)
    assert view is not None
    stop_dialing(world.house)

    world.dispatcher._claim(view)
    resume_dialing(world.house)

    assert complete_campaigns(world.sql) == []
    assert eventually(world.dispatcher.dispatch_calls)


def test_five_rejected_numbers_at_the_head_of_a_list_do_not_stop_its_campaign(
    world: World, carrier: CarrierStub
) -> None:
    carrier.dial = lambda _asked: refusal(422, "10016", pointer="/to")
    campaign_id = world.campaign(heard_webhooks=False)
    world.contacts(campaign_id, 8)

    def all_dialed() -> bool:
        for call_id in world.dispatcher.dispatch_calls():
            world.dialer.dial_call(call_id)
        world.advance()
        world.settle()
        return len(carrier.dials) == 8

    assert eventually(all_dialed)


def test_five_first_calls_and_no_more_beside_an_idle_campaign(world: World) -> None:
    world.execute("UPDATE connections SET calls_per_second = 60")
    world.contacts(world.campaign(heard_webhooks=False), 30)
    world.campaign()

    assert len(world.dispatcher.dispatch_calls()) == 5


def test_a_store_error_in_one_campaigns_claim_loses_nothing_that_was_claimed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound, broken = world.campaign(), world.campaign()
    world.contacts(sound, 2)
    world.contacts(broken, 2)
    real = world.claimer.claim_contacts

    def failing(campaign_id: str, *args: object, **kwargs: object) -> object:
        if campaign_id == broken:
            raise OperationalError("SELECT", {}, Exception("deadlock detected"))
        return real(campaign_id, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(world.claimer, "claim_contacts", failing)

    assert len(world.dispatcher.dispatch_calls()) == 2


# -- commands --------------------------------------------------------------------------------------------------------


def test_a_requested_command_hears_its_own_failure(world: World, carrier: CarrierStub) -> None:
    call_id = answered_call(world)
    carrier.act = lambda asked: (
        refusal(422, "10016", title="no") if asked.path.endswith("transfer") else (200, {"data": {"result": "ok"}})
    )
    transfer = COMMANDS["transfer"].model_validate({"to": "+13125550177"})

    request_action(world.house, call_id, transfer, request_id="r1")
    world.work(call_id)

    assert carrier.actions[-1].path.endswith("/hangup")


def test_r13_a_hangup_goes_out_before_an_unanswered_command_is_repeated(world: World, carrier: CarrierStub) -> None:
    carrier.act = lambda asked: (500, {}) if asked.path.endswith("speak") else (200, {"data": {"result": "ok"}})
    call_id = answered_call(world)
    payload = {"command_id": "c-1", "action": "hangup", "body": {}}
    event = Event(id="request:c-1", type="action.requested", occurred_at=utc_now(), call_id=call_id, payload=payload)

    add_event(world.redis, world.keys, event)
    world.work(call_id)

    assert [asked.path.rsplit("/", 1)[1] for asked in carrier.actions] == ["speak", "hangup"]


def test_r12_nothing_is_sent_again_after_the_end(world: World, carrier: CarrierStub) -> None:
    carrier.act = lambda _asked: (500, {})
    call_id = answered_call(world)
    world.hear(call_id, "call.hangup", hangup_cause="normal_clearing")
    world.advance()
    sent = len(carrier.actions)

    world.perform(call_id)

    assert len(carrier.actions) == sent == 1


def test_a_hangup_asked_for_before_the_leg_is_known_is_sent_once_it_is(world: World, carrier: CarrierStub) -> None:
    carrier.dial = lambda _asked: (0, {})
    call_id = world.dialed_call()
    payload = {"command_id": "c-1", "action": "hangup", "body": {}}
    event = Event(id="request:c-1", type="action.requested", occurred_at=utc_now(), call_id=call_id, payload=payload)
    add_event(world.redis, world.keys, event)
    world.advance()

    assert world.perform(call_id) == 0
    assert carrier.actions == []
    world.hear(call_id, "call.initiated")
    world.advance()
    world.perform(call_id)

    assert [asked.path for asked in carrier.actions] == [f"/v2/calls/v3:{call_id}/actions/hangup"]


def test_r13_a_performer_that_froze_before_its_post_does_not_send_later(
    world: World, carrier: CarrierStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    call_id = world.dialed_call()
    world.hear(call_id, "call.answered")
    world.advance()
    real = world.carrier.act

    def frozen(*args: object, send_before: float, **kwargs: object) -> object:
        return real(*args, send_before=send_before - 60, **kwargs)  # type: ignore[arg-type]  # a minute has passed

    monkeypatch.setattr(world.carrier, "act", frozen)
    world.perform(call_id)

    assert carrier.actions == []
    assert world.redis.llen(world.keys.outbox(call_id)) == 1


# -- full memory -----------------------------------------------------------------------------------------------------


def test_r11_full_memory_is_emptied_again(world: World) -> None:
    call_id = world.dialed_call()
    world.hear("call_01J00000000000000000000000", "call.answered")  # a stray, and an entry nobody can read
    world.redis.xadd(world.keys.events, {"what": "is this"})
    world.hear(call_id, "call.initiated")
    world.hear(call_id, "call.hangup", hangup_cause="normal_clearing")
    world.redis.script_flush()

    with full_memory(world.redis):
        world.advance()
        world.let_due_timers_fire()
        eventually(lambda: world.let_due_timers_fire() or world.redis.xlen(world.keys.events), within=10)
        world.advance()
        world.settle()

    assert world.call_row(call_id)["state"] == "ended"
    assert world.redis.xlen(world.keys.events) == 0


def test_r11_nothing_new_is_begun_while_the_door_refuses(world: World, carrier: CarrierStub) -> None:
    class Anybody:
        def verify(self, *_: object) -> None:
            return

    campaign_id = world.campaign()
    world.contacts(campaign_id, 5)
    [claimed] = world.claim(campaign_id, most=1)
    door = Door(world.redis, verifier=Anybody())  # type: ignore[arg-type]  # who signed is not the question here

    with full_memory(world.redis, share=0.95):
        with pytest.raises(StoreUnavailable):
            door.record_event(b'{"data":{"id":"x","event_type":"y"}}', {})
        dispatched = world.dispatcher.dispatch_calls()
        world.dialer.dial_call(claimed)

    assert (dispatched, carrier.dials) == ([], [])
    assert world.contact_of(claimed)["status"] == "waiting"


# -- faults of one entry ---------------------------------------------------------------------------------------------


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


def test_r19_a_failing_event_does_not_hold_up_the_timers_of_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, other = world.dialed_call(), world.dialed_call()
    world.advance()
    real = advance_calls.advance

    def poisoned(flow: object, call: object, event: Event, now: object) -> object:
        if event.call_id == bad:
            raise RuntimeError("a fault")
        return real(flow, call, event, now)  # type: ignore[arg-type]

    monkeypatch.setattr(advance_calls, "advance", poisoned)
    world.hear(bad, "call.answered")
    world.advance()
    world.redis.zadd(world.keys.timers, {f"{other}|start": 1})

    assert run_script(world.redis, ScriptCall("fire_timers", [world.keys.timers, world.keys.events], [10])) == 1


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


# -- stores away -----------------------------------------------------------------------------------------------------


def test_r19_a_database_that_is_away_counts_against_no_event(world: World) -> None:
    call_id = world.dialed_call()
    world.advance()
    away = open_sql("postgresql+psycopg://u:p@127.0.0.1:1/x")
    advancer = Advancer(client=world.redis, sql=away, flows=FlowShelf(away), connection_id=CONNECTION)
    world.hear(call_id, "call.answered")
    entries = world.redis.xreadgroup(GROUP, "x", {world.keys.events: ">"}, count=10)[0][1]

    for _ in range(4):
        advancer.advance_calls(entries)

    assert list_dead_letters(world.redis, world.keys) == []
    world.advancer.advance_calls(entries)
    live = world.live(call_id)
    assert live is not None and live.phase == "answered"


def test_a_stray_that_waits_for_the_database_holds_up_no_known_call(world: World) -> None:
    call_id = world.dialed_call()
    world.advance()
    away = open_sql("postgresql+psycopg://u:p@127.0.0.1:1/x")
    advancer = Advancer(client=world.redis, sql=away, flows=world.flows, connection_id=CONNECTION)
    world.hear("call_01J00000000000000000000000", "call.answered")
    world.hear(call_id, "call.answered")
    entries = world.redis.xreadgroup(GROUP, "x", {world.keys.events: ">"}, count=10)[0][1]

    advancer.advance_calls(entries)

    live = world.live(call_id)
    assert live is not None and live.phase == "answered"
    assert world.redis.xlen(world.keys.events) == 1


def test_r4_a_no_that_postgresql_could_not_write_at_once_burns_no_contact(
    world: World, carrier: CarrierStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    carrier.dial = lambda _asked: refusal(429, "90103")
    call_id = world.claimed_call()
    real, failures = dial_call.withdraw, iter([True, True])

    def restarting(*args: object, **kwargs: object) -> object:
        if next(failures, False):
            raise OperationalError("UPDATE", {}, Exception("the database system is shutting down"))
        return real(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(dial_call, "withdraw", restarting)
    world.dialer.dial_call(call_id)

    assert world.call_row(call_id)["state"] == "withdrawn"
    assert world.contact_of(call_id)["status"] == "waiting"


def test_two_sends_that_both_never_left_withdraw_the_attempt(world: World) -> None:
    call_id = world.claimed_call()
    world.use_carrier("http://127.0.0.1:1/v2")
    world.execute("UPDATE calls SET state = 'dialing', send_no = 1, first_sent_at = now(), last_sent_at = now()")
    world.age_send(call_id, 16)  # the first look-up of the carrier's name is still waiting for its answer
    [again] = judge(world)
    world.dialer.dial_call(again)
    assert world.call_row(call_id)["state"] == "dialing"

    with world.sql.begin() as connection:
        dial_call.mark_unsent(connection, call_id)  # and now it has failed, too
    world.execute("UPDATE calls SET unsent = 1")
    world.dialer._take_back_unsent(dial_call.Send(call_id, 1, world.call_row(call_id)))  # type: ignore[arg-type]

    assert world.call_row(call_id)["state"] == "withdrawn"
    assert world.contact_of(call_id)["status"] == "waiting"


# -- unknown attempts ------------------------------------------------------------------------------------------------


def test_a_number_whose_attempt_may_be_ringing_is_not_dialed_again(world: World, carrier: CarrierStub) -> None:
    first = unknown_call(world, carrier)
    carrier.dial = accepted_dial
    phone = world.call_row(first)["to_number"]
    wanted = NewCall.model_validate({"to": phone, "from": "+13125550100", "ignore_hours": True})

    with pytest.raises(Exception, match="under way"):
        place_call(world.house, wanted, contact_id=new_id("con"))

    assert len(carrier.dials) == 1


def test_r21_an_unknown_attempt_whose_contact_a_person_closed_is_judged_all_the_same(
    world: World, carrier: CarrierStub
) -> None:
    call_id = unknown_call(world, carrier, age_s=3000)
    change_contact(world.house, world.call_row(call_id)["contact_id"], ContactChange(status="canceled"))
    carrier.get = lambda _asked: (200, active_legs())

    for _ in range(3):
        look_again(world)

    assert world.redis.zcard(world.keys.slots(CONNECTION)) == 0
    assert world.contact_of(call_id)["status"] == "canceled"


def test_r21_a_transfers_target_is_never_taken_for_the_call_itself(world: World, carrier: CarrierStub) -> None:
    call_id = unknown_call(world, carrier)
    state = ClientState(call=call_id, role="B", user=None).encode()
    carrier.get = lambda _asked: (200, active_legs(call_id, state_of={call_id: state}))

    world.reconciler.reconcile_unknown(CONNECTION)

    assert world.call_row(call_id)["state"] == "unknown"


def test_r21_nobody_is_given_up_while_the_carriers_log_cannot_be_read(world: World, carrier: CarrierStub) -> None:
    call_id = unknown_call(world, carrier, age_s=5000)
    carrier.get = lambda asked: (500, {}) if "call_events" in asked.path else (200, active_legs())

    for _ in range(3):
        look_again(world)

    assert world.contact_of(call_id)["status"] == "calling"


def test_r21_an_attempt_is_not_judged_while_its_webhook_waits_in_the_stream(world: World, carrier: CarrierStub) -> None:
    carrier.dial = lambda _asked: (0, {})
    call_id = world.dialed_call()
    world.age_send(call_id, 41)
    world.redis.xadd(world.keys.events, {"raw": b"{}"}, id="1-1")

    assert judge(world) == []
    assert world.call_row(call_id)["state"] == "dialing"


def test_in_flight_counts_no_attempt_that_was_given_up(world: World, carrier: CarrierStub) -> None:
    call_id = unknown_call(world, carrier, age_s=5000)
    carrier.get = lambda _asked: (200, active_legs())
    for _ in range(3):
        look_again(world)
    assert world.contact_of(call_id)["status"] == "unknown"

    assert pause_campaign(world.house, world.call_row(call_id)["campaign_id"])[1] == 0


# -- Redis back empty ------------------------------------------------------------------------------------------------


def test_r20_the_channels_of_young_calls_are_rebuilt(world: World) -> None:
    campaign_id = world.campaign()
    world.contacts(campaign_id, 4)
    world.execute("UPDATE connections SET max_live_calls = 2")
    for call_id in world.claim(campaign_id, most=2):
        world.dialer.dial_call(call_id)

    world.redis.flushall()
    world.prepare_again()

    assert world.redis.zcard(world.keys.slots(CONNECTION)) == 2
    assert world.dispatcher.dispatch_calls() == []


@pytest.mark.parametrize(
    ("answer", "state"), [(refusal(429, "90103"), "withdrawn"), (refusal(422, "10016", pointer="/to"), "ended")]
)
def test_r20_a_send_in_flight_during_a_rebuild_is_settled_by_its_answer(
    world: World, carrier: CarrierStub, answer: tuple[int, dict[str, object]], state: str
) -> None:
    arrived, go = threading.Event(), threading.Event()

    def slow(_asked: Asked) -> tuple[int, dict[str, object]]:
        arrived.set()
        go.wait(2.5)
        return answer

    carrier.dial = slow
    call_id = world.claimed_call()
    sending = threading.Thread(target=world.dialer.dial_call, args=(call_id,))
    sending.start()
    arrived.wait(5)
    world.redis.flushall()
    world.prepare_again()
    go.set()
    sending.join()
    world.advance()
    world.settle()

    assert world.call_row(call_id)["state"] == state


def test_r20_an_unanswered_send_is_not_taken_for_accepted_by_a_rebuild(world: World, carrier: CarrierStub) -> None:
    carrier.dial = lambda _asked: (0, {})
    call_id = world.dialed_call()
    world.redis.flushall()
    world.prepare_again()
    world.age_send(call_id, 16)

    assert judge(world) == [call_id]
    assert world.call_row(call_id)["state"] == "dialing"


# -- the record ------------------------------------------------------------------------------------------------------


def test_a_late_cost_keeps_the_error_of_a_call_that_redis_has_forgotten(world: World, carrier: CarrierStub) -> None:
    carrier.dial = lambda _asked: refusal(403, "10010", title="Not allowed", detail="Country not allowed D13")
    call_id = world.dialed_call()
    world.advance()
    world.settle()
    world.redis.delete(world.keys.call(call_id), world.keys.log(call_id))

    world.hear(call_id, "call.cost", total_cost="0.01")
    world.advance()
    world.settle()

    assert world.call_row(call_id)["error"]["code"] == "D13"
    assert 0 < world.redis.ttl(world.keys.call(call_id)) <= 900


def test_r14_a_real_hangup_corrects_an_assumed_one_even_when_redis_has_forgotten_the_call(world: World) -> None:
    call_id = world.dialed_call()
    world.advance()
    world.execute("UPDATE calls SET deadline_at = now() - interval '1 second'")
    ask_about_calls(world.sql, world.redis, world.keys, world.carrier)
    world.advance()
    world.let_timers_fire()
    world.advance()
    world.settle()
    world.redis.delete(world.keys.call(call_id), world.keys.log(call_id))

    world.hear(call_id, "call.hangup", hangup_cause="timeout")
    world.hear(call_id, "call.cost", total_cost="0.01")
    world.advance()
    world.settle()

    row = world.call_row(call_id)
    assert (row["hangup_cause"], row["disposition"]) == ("timeout", "no_answer")


def test_what_a_person_set_stays_when_a_late_cost_arrives(world: World) -> None:
    call_id = answered_call(world, retry=RETRY)
    world.hang_up(call_id)
    contact_id = world.contact_of(call_id)["id"]
    change_contact(world.house, contact_id, ContactChange(status="completed", outcome="paid"))

    world.hear(call_id, "call.cost", total_cost="0.01")
    world.advance()
    world.settle()

    assert world.contact_row(contact_id)["outcome"] == "paid"


def test_of_two_settlers_the_later_state_is_the_one_that_stays(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    call_id = answered_call(world)
    world.hang_up(call_id)
    world.hear(call_id, "call.cost", total_cost="0.01")
    world.advance()
    slow = world.redis.xreadgroup(GROUP, "slow", {world.keys.ended: ">"}, count=10)[0][1]
    blocker = world.sql.connect()
    transaction = blocker.begin()
    blocker.execute(text("SELECT 1 FROM calls WHERE id = :id FOR UPDATE"), {"id": call_id})
    settling = threading.Thread(target=world.settler.settle_calls, args=(slow,))
    settling.start()
    eventually(lambda: world.query("SELECT 1 FROM pg_locks WHERE NOT granted"))
    world.hear(call_id, "call.recording.saved", recording_id="rec-1", recording_urls={"mp3": "http://x/y.mp3"})
    world.advance()

    transaction.rollback()
    blocker.close()
    settling.join()

    assert len(world.call_row(call_id)["recordings"]) == 1


def test_settling_and_pausing_the_same_contacts_do_not_deadlock(world: World) -> None:
    campaign_id = world.campaign(retry=RETRY)
    first, second = world.contact(campaign_id), world.contact(campaign_id)
    calls = world.claim(campaign_id)
    for call_id in calls:
        world.dialer.dial_call(call_id)
        world.hear(call_id, "call.hangup", hangup_cause="timeout")
    world.advance()
    world.let_timers_fire()
    world.advance()
    world.settle()
    for call_id in calls:
        world.hear(call_id, "call.cost", total_cost="0.1")
    world.advance()
    late = world.redis.xreadgroup(GROUP, "s", {world.keys.ended: ">"}, count=10)[0][1]
    world.execute("UPDATE contacts SET due_at = now() - interval '1 s'")
    world.execute("UPDATE contacts SET priority = 9 WHERE id = :b", b=second)
    assert len(world.claim(campaign_id)) == 2
    failures: list[BaseException] = []

    def run(step: object) -> threading.Thread:
        def guarded() -> None:
            try:
                step()  # type: ignore[operator]
            except BaseException as err:  # noqa: BLE001 it is the test's to judge
                failures.append(err)

        thread = threading.Thread(target=guarded)
        thread.start()
        return thread

    blocker = world.sql.connect()
    transaction = blocker.begin()
    blocker.execute(text("SELECT 1 FROM contacts WHERE id = :a FOR UPDATE"), {"a": first})
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    settling = run(lambda: world.settler.settle_calls(late))
    eventually(lambda: world.query(waiting)[0][0] >= 1)
    pausing = run(lambda: pause_campaign(world.house, campaign_id))
    eventually(lambda: world.query(waiting)[0][0] >= 2)
    transaction.rollback()
    blocker.close()
    settling.join()
    pausing.join()

    assert failures == []


def test_live_state_of_an_attempt_whose_withdrawer_died_is_let_go(world: World, carrier: CarrierStub) -> None:
    call_id = world.dialed_call()
    old = "call_01J00000000000000000000000"
    world.execute("UPDATE calls SET state = 'withdrawn'")
    world.redis.rename(world.keys.call(call_id), world.keys.call(old))
    world.redis.zadd(world.keys.slots(CONNECTION), {old: 1})

    reconcile_channels(world.sql, world.redis, world.keys, connection_id=CONNECTION)

    assert 0 < world.redis.ttl(world.keys.call(old)) <= 900


def test_an_import_stops_when_its_campaign_is_canceled(world: World) -> None:
    campaign_id = world.campaign()
    rows = "phone\n" + "\n".join(f"+1312555{number:04d}" for number in range(5000))

    class CanceledMidway(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell() > 30_000:
                cancel_campaign(world.house, campaign_id)
            return super().read(size)

    with pytest.raises(Conflict):
        import_contacts(
            world.house,
            campaign_id,
            CanceledMidway(rows.encode()),
            options=ImportOptions(),
            import_id=new_id("imp"),
        )

    statuses = {status for (status,) in world.query("SELECT DISTINCT status FROM contacts")}
    assert statuses == {"canceled"}
