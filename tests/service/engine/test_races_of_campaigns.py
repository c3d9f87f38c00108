"""A campaign's status changes while something that has read it is still at work: who moves last must know the other."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from orchestrator.clock import utc_now
from orchestrator.operations.campaigns import complete_campaigns
from orchestrator.operations.campaigns.cancel_campaign import cancel_campaign
from orchestrator.operations.campaigns.change_campaign import change_campaign
from orchestrator.operations.campaigns.end_open_contacts import end_open_contacts
from orchestrator.operations.campaigns.pause_campaign import pause_campaign
from orchestrator.operations.contacts.change_contact import ContactChange, change_contact
from orchestrator.operations.contacts.manage_imports import withdraw_import
from orchestrator.policy.campaign_rules import CallingHours, CampaignChanges
from orchestrator.store.redis.keys import GROUP
from orchestrator.store.sql.contact_transitions import lock_candidates
from orchestrator.store.sql.ended_campaigns import BATCH
from tests.support.carrier_stub import Asked, CarrierStub, accepted_dial, refusal
from tests.support.lock_points import LockPoint, held_now, in_thread, waits_for_a_lock
from tests.support.poll import eventually
from tests.support.world import ZONE, World

ANY_TIME = CampaignChanges.model_validate({"calling_hours": {"always": True, "because": "a test"}})
RETRY = {"max_attempts": 3, "on": {"no_answer": {"after": "1s"}}}


def standings(world: World) -> list[Any]:
    return world.query("SELECT status, reason, count(*) FROM contacts GROUP BY 1, 2 ORDER BY 1, 2")


def unanswered_call(world: World, campaign_id: str) -> str:
    """Return a call that rang and ended unanswered, its end not yet settled."""
    world.contact(campaign_id)
    [call_id] = world.claim(campaign_id)
    world.dialer.dial_call(call_id)
    world.hear(call_id, "call.hangup", hangup_cause="timeout", hangup_source="callee")
    world.advance()
    world.let_timers_fire()
    world.advance()
    return call_id


def test_a_retry_that_is_settled_while_its_campaign_is_canceled_ends_canceled(world: World) -> None:
    campaign_id = world.campaign(retry=RETRY)
    unanswered_call(world, campaign_id)
    point = LockPoint(world.sql, before="UPDATE contacts")

    with in_thread(world.settle):
        point.is_reached()
        with in_thread(lambda: world.run(cancel_campaign, campaign_id)) as canceling:
            waits_for_a_lock(world, unless=canceling)
            point.go_on()

    assert standings(world) == [("canceled", "campaign_canceled", 1)]


def test_a_settle_that_begins_before_a_cancel_and_waits_for_the_contact_sees_the_end(world: World) -> None:
    campaign_id = world.campaign(retry=RETRY)
    call_id = unanswered_call(world, campaign_id)
    contact_id = world.call_row(call_id)["contact_id"]

    with world.sql.begin() as holder:
        holder.exec_driver_sql("SELECT 1 FROM contacts WHERE id = %s FOR UPDATE", (contact_id,))
        with in_thread(world.settle) as settling:
            waits_for_a_lock(world, unless=settling)
            world.execute("UPDATE campaigns SET status = 'canceled'")
            holder.commit()

    assert standings(world) == [("canceled", "campaign_canceled", 1)]


@pytest.mark.parametrize(
    ("status", "expected"),
    [("canceled", ("canceled", "campaign_canceled")), ("completed", ("expired", "campaign_ended"))],
)
def test_a_busy_carrier_puts_nobody_back_into_a_campaign_that_has_ended(
    world: World, carrier: CarrierStub, status: str, expected: tuple[str, str]
) -> None:
    def end_and_refuse(_asked: Asked) -> tuple[int, dict[str, Any]]:
        world.execute("UPDATE campaigns SET status = :status", status=status)
        return refusal(429, "90103")

    carrier.dial = end_and_refuse

    world.dialed_call()

    assert standings(world) == [(*expected, 1)]


def test_a_busy_carrier_puts_nobody_back_whose_import_was_withdrawn(world: World, carrier: CarrierStub) -> None:
    campaign_id = world.campaign()
    world.execute("INSERT INTO imports (id, campaign_id, status) VALUES ('imp_1', :id, 'completed')", id=campaign_id)
    world.contact(campaign_id, import_id="imp_1")
    [call_id] = world.claim(campaign_id)

    with ThreadPoolExecutor(1) as pool:

        def withdraw_and_refuse(_asked: Asked) -> tuple[int, dict[str, Any]]:
            pool.submit(world.run, withdraw_import, "imp_1")
            eventually(lambda: world.query("SELECT 1 FROM imports WHERE status = 'withdrawn'"))
            return refusal(429, "90103")

        carrier.dial = withdraw_and_refuse
        world.dialer.dial_call(call_id)

    assert standings(world) == [("canceled", "import_withdrawn", 1)]


def test_r4_a_busy_answer_reopens_no_contact_that_a_person_has_ended(world: World, carrier: CarrierStub) -> None:
    call_id = world.claimed_call()
    contact_id = world.call_row(call_id)["contact_id"]

    with ThreadPoolExecutor(1) as pool:

        def end_and_refuse(_asked: Asked) -> tuple[int, dict[str, Any]]:
            pool.submit(world.run, change_contact, contact_id, ContactChange(status="completed"))
            eventually(lambda: world.contact_row(contact_id)["status"] == "completed")
            return refusal(429, "90103")

        carrier.dial = end_and_refuse
        world.dialer.dial_call(call_id)

    assert world.contact_row(contact_id)["status"] == "completed"


def test_r18_a_call_that_ends_moves_no_contact_whose_current_call_is_another(world: World) -> None:
    call_id = unanswered_call(world, world.campaign(retry=RETRY))
    world.execute("UPDATE contacts SET current_call_id = 'call_other'")

    world.settle()

    contact = world.contact_of(call_id)
    assert (contact["status"], contact["current_call_id"]) == ("calling", "call_other")


@pytest.mark.parametrize("stop", [lambda w, c: w.run(pause_campaign, c), lambda w, _c: w.stop_dialing()])
def test_r9_a_claim_that_has_asked_the_gate_is_withdrawn_by_the_pause_it_meets(
    world: World, stop: Callable[[World, str], object]
) -> None:
    campaign_id = world.campaign()
    world.contacts(campaign_id, 3)
    point = LockPoint(world.sql, before="INSERT INTO calls")

    with in_thread(lambda: world.claim(campaign_id)):
        point.is_reached()
        with in_thread(lambda: stop(world, campaign_id)) as stopping:
            waits_for_a_lock(world, unless=stopping)
            point.go_on()

    assert world.query("SELECT state, count(*) FROM calls GROUP BY 1") == [("withdrawn", 3)]
    assert {status for status, _, _ in standings(world)} == {"waiting"}


def test_a_campaign_that_is_being_changed_is_not_claimed_from_and_holds_up_no_dispatcher(world: World) -> None:
    campaign_id = world.campaign()
    world.contacts(campaign_id, 2)

    with world.sql.begin() as changing:
        changing.exec_driver_sql("SELECT 1 FROM campaigns FOR NO KEY UPDATE")
        claimed = world.claim(campaign_id)

    assert claimed == []
    assert len(world.claim(campaign_id)) == 2


def test_nobody_expires_while_the_end_of_a_campaign_is_being_put_off(world: World) -> None:
    campaign_id = world.campaign()
    world.contact(campaign_id)
    world.execute("UPDATE campaigns SET ends_at = now() - interval '1 second'")

    with world.sql.begin() as changing:
        changing.exec_driver_sql("UPDATE campaigns SET ends_at = now() + interval '1 day'")
        complete_campaigns.complete_campaigns(world.sql)

    assert [status for status, _, _ in standings(world)] == ["waiting"]


def test_nobody_is_held_for_ever_by_hours_that_were_changed_meanwhile(world: World) -> None:
    campaign_id = world.campaign(calling_hours={})
    contact_id = world.contact(campaign_id, phone="+18005550123", zone="")
    world.execute("INSERT INTO campaign_zones VALUES (:id, '')", id=campaign_id)
    point = LockPoint(world.sql, before="UPDATE contacts")

    with in_thread(lambda: complete_campaigns.complete_campaigns(world.sql)):
        point.is_reached()
        world.run(change_campaign, campaign_id, ANY_TIME)
        point.go_on()

    assert (world.contact_row(contact_id)["status"], world.campaign_row(campaign_id)["status"]) == (
        "waiting",
        "running",
    )


def claimed_and_closed_since(world: World) -> tuple[str, str]:
    """Return a campaign whose calling hours were changed so that they begin in two hours, and a call claimed before."""
    campaign_id = world.campaign()
    world.contact(campaign_id)
    [call_id] = world.claim(campaign_id)
    begin = utc_now() + timedelta(hours=2)
    window = {"days": ["mon-sun"], "start": f"{begin:%H:%M}", "end": f"{begin + timedelta(hours=3):%H:%M}"}
    hours = CallingHours.model_validate({"timezone": "UTC", "windows": [window]})
    world.execute("UPDATE campaigns SET calling_hours = CAST(:hours AS jsonb)", hours=hours.model_dump_json())
    return campaign_id, call_id


def test_whom_a_send_holds_is_let_go_by_the_change_of_hours_it_meets(world: World) -> None:
    campaign_id, call_id = claimed_and_closed_since(world)
    point = LockPoint(world.sql, before="UPDATE calls SET")

    with in_thread(lambda: world.dialer.dial_call(call_id)):
        point.is_reached()
        with in_thread(lambda: world.run(change_campaign, campaign_id, ANY_TIME)) as changing:
            waits_for_a_lock(world, unless=changing)
            point.go_on()

    assert len(world.claim(campaign_id)) == 1


def test_a_send_is_not_held_by_hours_that_were_changed_while_it_asked(world: World, carrier: CarrierStub) -> None:
    campaign_id, call_id = claimed_and_closed_since(world)
    point = LockPoint(world.sql, before="FOR SHARE OF g, i")

    with in_thread(lambda: world.dialer.dial_call(call_id)):
        point.is_reached()
        with in_thread(lambda: world.run(change_campaign, campaign_id, ANY_TIME)):  # it waits for the send
            eventually(
                lambda: world.query("SELECT 1 FROM campaigns WHERE calling_hours->>'always' = 'true'"), within=20
            )
            point.go_on()

    assert len(carrier.dials) == 1


def test_a_send_that_is_to_be_held_while_the_campaign_is_being_changed_is_asked_again_later(
    world: World, carrier: CarrierStub
) -> None:
    _, call_id = claimed_and_closed_since(world)

    with world.sql.begin() as changing:
        changing.exec_driver_sql("SELECT 1 FROM campaigns FOR NO KEY UPDATE")
        world.dialer.dial_call(call_id)

    assert (world.call_row(call_id)["state"], carrier.dials) == ("reserved", [])
    world.dialer.dial_call(call_id)
    assert (world.call_row(call_id)["state"], carrier.dials) == ("withdrawn", [])


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("canceled", [("canceled", "campaign_canceled", 2)]),
        ("completed", [("exhausted", "zone_unknown", 1), ("expired", "campaign_ended", 1)]),
    ],
)
def test_what_still_stands_in_a_campaign_that_has_ended_is_ended_by_the_sweeper(
    world: World, status: str, expected: list[Any]
) -> None:
    campaign_id = world.campaign(status=status)
    world.contact(campaign_id, reason="retry_due")
    world.contact(campaign_id, status="held", reason="zone_unknown", due_at=None)
    running = world.contact(world.campaign(status="paused"))

    assert end_open_contacts(world.sql) == 2

    assert world.contact_row(running)["status"] == "waiting"
    world.execute("DELETE FROM contacts WHERE id = :id", id=running)
    assert standings(world) == expected
    assert end_open_contacts(world.sql) == 0


def test_a_campaign_larger_than_a_batch_is_canceled_whole(world: World) -> None:
    campaign_id = world.campaign()
    world.execute(
        "INSERT INTO contacts (id, campaign_id, phone, zone) "
        "SELECT 'con_' || n, :id, '+1312' || n, '' FROM generate_series(1000000, 1000000 + :most) n",
        id=campaign_id,
        most=2 * BATCH,
    )

    world.run(cancel_campaign, campaign_id)

    assert standings(world) == [("canceled", "campaign_canceled", 2 * BATCH + 1)]


def test_the_inbound_home_is_no_campaign_that_has_ended(world: World) -> None:
    home = world.campaign(status="completed", kind="inbound")
    world.contact(home, status="held", due_at=None)

    assert end_open_contacts(world.sql) == 0


def test_a_contact_claimed_between_the_look_and_its_lock_is_not_claimed_again(world: World) -> None:
    campaign_id = world.campaign()
    contact_id = world.contact(campaign_id)

    def lock(sql: Engine) -> list[str]:
        with sql.begin() as tx:
            return lock_candidates(tx, campaign_id, zones=[ZONE], most=5)

    with held_now(world) as slow, ThreadPoolExecutor(1) as pool:
        with slow.hold():
            locking = pool.submit(lock, slow.sql)
            waits_for_a_lock(world, unless=locking)
            world.execute("UPDATE contacts SET status = 'calling', current_call_id = 'call_1'")
        locked = locking.result()

    assert locked == []
    assert world.contact_row(contact_id)["current_call_id"] == "call_1"


def test_r22_a_contact_added_while_its_campaign_is_found_finished_keeps_it_open(world: World) -> None:
    campaign_id = world.campaign(keep_open=True, ends_at=utc_now() - timedelta(minutes=1))
    world.contact(campaign_id, status="completed")

    with held_now(world) as slow:
        point = LockPoint(slow.sql, before="FOR UPDATE OF g")
        with in_thread(lambda: complete_campaigns.complete_campaigns(slow.sql)) as completing:
            point.is_reached()
            with slow.hold():
                point.go_on()
                waits_for_a_lock(world, unless=completing)
                added = world.contact(campaign_id)

    assert world.campaign_row(campaign_id)["status"] == "running"
    assert world.contact_row(added)["status"] == "waiting"


@pytest.mark.parametrize("seed", range(6))
def test_whatever_meets_a_cancel_leaves_nobody_waiting(world: World, carrier: CarrierStub, seed: int) -> None:
    rng = random.Random(seed)
    campaign_id = world.campaign(retry=RETRY)
    for _ in range(12):
        unanswered_call(world, campaign_id)
    world.contacts(campaign_id, 12)
    carrier.dial = lambda asked: refusal(429, "90103") if rng.random() < 0.3 else accepted_dial(asked)
    settled, canceled = threading.Semaphore(0), threading.Event()

    def dial() -> None:
        while not canceled.is_set():
            for call_id in world.claim(campaign_id, most=rng.randint(1, 3)):
                world.dialer.dial_call(call_id)

    def settle() -> None:
        while found := world.redis.xreadgroup(GROUP, "test", {world.keys.ended: ">"}, count=rng.randint(1, 3)):
            settled.release()
            world.finalizer.finalize_calls(found[0][1])  # type: ignore[index]  # its stub knows no streams

    def cancel() -> None:
        for _ in range(seed % 4 + 1):
            settled.acquire(timeout=5)
        world.run(cancel_campaign, campaign_id)
        canceled.set()

    with in_thread(dial), in_thread(settle), in_thread(cancel):
        pass

    assert [row for row in standings(world) if row[0] in ("waiting", "held")] == []
