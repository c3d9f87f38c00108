"""Between two steps of a live call and its record: what broke something once, each named."""

from __future__ import annotations

import io
import threading
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from orchestrator.clock import utc_now
from orchestrator.errors import Conflict, StoreUnavailable
from orchestrator.ids import new_id
from orchestrator.model.event import Event
from orchestrator.operations.calls.send_commands import CommandSender
from orchestrator.operations.campaigns.cancel_campaign import cancel_campaign
from orchestrator.operations.campaigns.pause_campaign import pause_campaign
from orchestrator.operations.contacts.change_contact import ContactChange, change_contact
from orchestrator.operations.contacts.import_contacts import ImportOptions, import_contacts
from orchestrator.operations.events.receive_webhook import WebhookReceiver
from orchestrator.operations.recovery.reconcile_channels import reconcile_channels
from orchestrator.store.redis.event_streams import add_event
from orchestrator.store.redis.keys import GROUP
from orchestrator.telnyx.answers import Answer
from orchestrator.telnyx.client import TelnyxClient
from orchestrator.telnyx.commands import COMMANDS
from tests.support.carrier_stub import CarrierStub, refusal
from tests.support.full_memory import full_memory
from tests.support.poll import eventually
from tests.support.world import CONNECTION, World

RETRY = {"max_attempts": 5, "on": {"no_answer": {"after": "1h"}, "answered": {"after": "1h"}}, "on_outcome": {}}


def answered_call(world: World, **campaign: object) -> str:
    call_id = world.dialed_call(**campaign)
    world.hear(call_id, "call.initiated")
    world.hear(call_id, "call.answered")
    world.work(call_id)
    return call_id


def test_a_requested_command_hears_its_own_failure(world: World, carrier: CarrierStub) -> None:
    call_id = answered_call(world)
    carrier.act = lambda asked: (
        refusal(422, "10016", title="no") if asked.path.endswith("transfer") else (200, {"data": {"result": "ok"}})
    )
    transfer = COMMANDS["transfer"].model_validate({"to": "+13125550177"})

    world.request_command(call_id, transfer, request_id="r1")
    world.work(call_id)

    live = world.live(call_id)
    assert live is not None and (live.paused, live.closing, live.outstanding[-1].action) == (False, False, "speak")


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
    assert world.redis.zscore(world.keys.wakes, call_id) is None  # nothing can be sent: nobody is late
    world.hear(call_id, "call.initiated")
    world.advance()
    assert world.redis.zscore(world.keys.wakes, call_id) is not None  # a sweeper sees to it if its wake-up is lost
    world.perform(call_id)

    assert [asked.path for asked in carrier.actions] == [f"/v2/calls/v3:{call_id}/actions/hangup"]


def test_r13_a_performer_that_froze_before_its_post_does_not_send_later(world: World, carrier: CarrierStub) -> None:
    class Frozen(TelnyxClient):
        def act(self, *args: Any, send_before: float | None = None) -> Answer:
            return super().act(*args, send_before=(send_before or 0.0) - 60)  # a minute has passed

    call_id = world.dialed_call()
    world.hear(call_id, "call.answered")
    world.advance()
    client = Frozen(base_url=carrier.url, api_key=SecretStr("KEYtest"))
    sender = CommandSender(sql=world.sql, client=world.redis, carrier=client, keys=world.keys)

    sender.send_commands(call_id, token=new_id("req"))
    client.close()

    assert carrier.actions == []
    assert world.redis.llen(world.keys.outbox(call_id)) == 1


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
    door = WebhookReceiver(world.redis, verifier=Anybody(), keys=world.keys)  # type: ignore[arg-type]  # who signed is not the question here

    with full_memory(world.redis, share=0.95):
        with pytest.raises(StoreUnavailable):
            door.receive_webhook(b'{"data":{"id":"x","event_type":"y"}}', {})
        dispatched = world.dispatcher.dispatch_calls()
        world.dialer.dial_call(claimed)

    assert (dispatched, carrier.dials) == ([], [])
    assert world.contact_of(claimed)["status"] == "waiting"


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
    world.end_overdue_calls()
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
    world.run(change_contact, contact_id, ContactChange(status="completed", outcome="paid"))

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
    settling = threading.Thread(target=world.finalizer.finalize_calls, args=(slow,))
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
    settling = run(lambda: world.finalizer.finalize_calls(late))
    eventually(lambda: world.query(waiting)[0][0] >= 1)
    pausing = run(lambda: world.run(pause_campaign, campaign_id))
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
            if world.query("SELECT 1 FROM contacts LIMIT 1"):
                world.run(cancel_campaign, campaign_id)
            return super().read(size)

    with pytest.raises(Conflict):
        world.run(
            import_contacts,
            campaign_id,
            CanceledMidway(rows.encode()),
            options=ImportOptions(),
            import_id=new_id("imp"),
        )

    statuses = {status for (status,) in world.query("SELECT DISTINCT status FROM contacts")}
    assert statuses == {"canceled"}
