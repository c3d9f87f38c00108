"""What moves whole campaigns: pause, cancel, completion, first calls, shares."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import true

from orchestrator.clock import utc_now
from orchestrator.errors import Conflict
from orchestrator.operations.campaigns.cancel_campaign import cancel_campaign
from orchestrator.operations.campaigns.change_campaign import change_campaign
from orchestrator.operations.campaigns.complete_campaigns import complete_campaigns
from orchestrator.operations.campaigns.pause_campaign import pause_campaign
from orchestrator.operations.contacts.suppress_number import suppress_number
from orchestrator.operations.dialing.dispatch_calls import QUEUED_AHEAD
from orchestrator.operations.dialing.stop_dialing import find_stop, resume_dialing
from orchestrator.operations.recovery.monitor_carrier import reopen_dispatch, watch_webhooks
from orchestrator.operations.recovery.resolve_unanswered_dials import resolve_unanswered_dials
from orchestrator.policy.campaign_rules import CampaignChanges
from orchestrator.store.redis.rate_limiter import close_dispatch, note_webhook, read_health
from orchestrator.store.redis.scripts import run_scripts
from orchestrator.store.sql.dial_ledger import count_under_way
from orchestrator.store.sql.sweeping_work import Work
from tests.support.carrier_stub import Asked, CarrierStub, accepted_dial
from tests.support.lists import work
from tests.support.poll import eventually
from tests.support.world import CONNECTION, World


def first_calls(world: World) -> list[str]:
    """Dispatch until a campaign that has heard no webhook has made all the calls it may."""
    claimed = set[str]()

    def enough() -> bool:
        claimed.update(world.dispatcher.dispatch_calls())
        return len(claimed) >= 5

    eventually(enough)
    return sorted(claimed)


def test_r9_a_pause_withdraws_what_is_claimed_and_the_dials_do_nothing(world: World, carrier: CarrierStub) -> None:
    campaign_id = world.campaign()
    world.contacts(campaign_id, 3)
    claimed = world.claim(campaign_id)

    campaign, in_flight = world.run(pause_campaign, campaign_id)
    for call_id in claimed:
        world.dialer.dial_call(call_id)

    assert (campaign.status, in_flight, carrier.dials) == ("paused", 0, [])
    assert world.query("SELECT DISTINCT status, attempts, unspent_tries FROM contacts") == [("waiting", 0, 0)]
    assert world.redis.zcard(world.keys.slots(CONNECTION)) == 0


def test_r9_a_repeat_is_not_sent_after_a_pause(world: World, carrier: CarrierStub) -> None:
    carrier.dial = lambda _asked: (0, {})
    call_id = world.dialed_call()
    world.execute("UPDATE campaigns SET status = 'paused'")
    world.age_send(call_id, 16)

    for again in resolve_unanswered_dials(world.sql, world.redis, world.keys):
        world.dialer.dial_call(again)

    assert len(carrier.dials) == 1


def under_way(world: World) -> int:
    with world.sql.connect() as tx:
        return count_under_way(tx, true())


def test_r9_a_pause_does_not_wait_for_a_send_whose_answer_was_lost_and_counts_it_as_in_flight(
    world: World, carrier: CarrierStub
) -> None:
    seen: list[int] = []

    def cut(_asked: Asked) -> tuple[int, dict[str, object]]:
        seen.append(under_way(world))
        return 0, {}

    carrier.dial = cut
    call_id = world.dialed_call()

    assert (seen, under_way(world)) == ([1], 0)
    assert world.run(pause_campaign, world.call_row(call_id)["campaign_id"])[1] == 1


def test_r9_a_pause_waits_for_the_send_that_is_under_way(world: World, carrier: CarrierStub) -> None:
    arrived, paused = threading.Event(), threading.Event()
    seen: list[bool] = []

    def slow(asked: Asked) -> tuple[int, dict[str, object]]:
        arrived.set()
        seen.append(paused.wait(1.0))
        return accepted_dial(asked)

    carrier.dial = slow
    call_id = world.claimed_call()
    with ThreadPoolExecutor(1) as pool:
        dialing = pool.submit(world.dialer.dial_call, call_id)
        assert arrived.wait(10)
        world.run(pause_campaign, world.call_row(call_id)["campaign_id"])
        paused.set()
        dialing.result()

    assert seen == [False]


def test_r9_a_repeat_is_waited_for_although_the_first_send_is_over(world: World, carrier: CarrierStub) -> None:
    seen: list[int] = []

    def cut(_asked: Asked) -> tuple[int, dict[str, object]]:
        seen.append(under_way(world))
        return 0, {}

    carrier.dial = cut
    call_id = world.dialed_call()
    world.age_send(call_id, 16)
    world.dialer.dial_call(call_id)

    assert (seen, under_way(world)) == ([1, 1], 0)


def test_r9_a_repeat_that_was_stopped_at_the_socket_holds_up_no_pause(world: World, carrier: CarrierStub) -> None:
    carrier.dial = lambda _asked: (0, {})
    call_id = world.dialed_call()
    world.age_send(call_id, 16)
    world.redis.set(world.keys.epoch, "another")

    world.dialer.dial_call(call_id)

    assert world.call_row(call_id)["send_no"] == 2
    assert under_way(world) == 0


def test_r9_a_send_whose_worker_died_is_under_way_as_long_as_a_request_can_last(world: World) -> None:
    call_id = world.claimed_call()
    world.execute("UPDATE calls SET state = 'dialing', send_no = 1, first_sent_at = now(), last_sent_at = now()")

    young = under_way(world)
    world.age_send(call_id, 17)

    assert (young, under_way(world)) == (1, 0)


def test_r9_a_new_suppression_withdraws_the_claimed_attempt_for_its_number(world: World, carrier: CarrierStub) -> None:
    call_id = world.claimed_call()
    phone = world.call_row(call_id)["to_number"]

    world.run(suppress_number, phone, reason="asked us to stop")
    world.dialer.dial_call(call_id)

    assert carrier.dials == []
    assert world.contact_of(call_id)["status"] == "suppressed"


def test_r9_canceling_ends_every_contact_that_waits_and_hangs_up_what_lives(world: World, carrier: CarrierStub) -> None:
    campaign_id = world.campaign()
    world.contacts(campaign_id, 4)
    [live, *_] = world.claim(campaign_id, most=2)
    world.dialer.dial_call(live)
    world.hear(live, "call.answered")
    world.work(live)

    campaign, in_flight = world.run(cancel_campaign, campaign_id, live_calls="hangup")
    world.work(live)

    assert (campaign.status, in_flight) == ("canceled", 1)
    assert world.query("SELECT status, count(*) FROM contacts GROUP BY 1 ORDER BY 1") == [
        ("calling", 1),
        ("canceled", 3),
    ]
    assert carrier.actions[-1].path.endswith("/hangup")


def test_r9_stopping_all_dialing_survives_and_is_lifted_only_by_a_resume(world: World, carrier: CarrierStub) -> None:
    campaign_id = world.campaign()
    world.contacts(campaign_id, 2)
    claimed = world.claim(campaign_id)

    world.stop_dialing()
    for call_id in claimed:
        world.dialer.dial_call(call_id)
    assert (carrier.dials, world.dispatcher.dispatch_calls()) == ([], [])
    world.redis.flushall()
    world.prepare_again()  # nor is it Valkey that remembers
    assert world.dispatcher.dispatch_calls() == [] and find_stop(world.sql) is not None

    resume_dialing(world.sql)
    assert len(world.dispatcher.dispatch_calls()) == 2


def test_a_completed_campaign_cannot_be_paused(world: World) -> None:
    campaign_id = world.campaign(status="completed")

    with pytest.raises(Conflict, match="cannot be paused"):
        world.run(pause_campaign, campaign_id)


def test_r22_a_campaign_completes_when_nobody_waits_or_is_called(world: World) -> None:
    campaign_id = world.campaign()
    world.contact(campaign_id, status="completed")
    waiting = world.contact(campaign_id)
    assert complete_campaigns(world.sql) == []

    world.execute("UPDATE contacts SET status = 'exhausted' WHERE id = :id", id=waiting)

    assert complete_campaigns(world.sql) == [campaign_id]
    assert world.campaign_row(campaign_id)["completed_at"] is not None


def test_a_campaign_whose_hours_this_version_cannot_read_keeps_no_other_from_completing(world: World) -> None:
    unreadable = world.campaign(calling_hours={"of_a_newer_version": True})
    world.contact(unreadable)
    finished = world.campaign()
    world.contact(finished, status="completed")

    assert complete_campaigns(world.sql) == [finished]
    assert world.campaign_row(unreadable)["status"] == "running"


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE campaigns SET keep_open = true",
        "INSERT INTO imports (id, campaign_id) SELECT 'imp_1', id FROM campaigns",
    ],
)
def test_r22_a_campaign_that_is_kept_open_or_being_filled_does_not_complete(world: World, change: str) -> None:
    world.contact(world.campaign(), status="completed")
    world.execute(change)

    assert complete_campaigns(world.sql) == []


def test_r22_who_is_held_for_ever_is_exhausted_with_the_reason_at_completion(world: World) -> None:
    campaign_id = world.campaign(calling_hours={})
    contact_id = world.contact(campaign_id, zone="")
    world.execute("INSERT INTO campaign_zones VALUES (:id, '')", id=campaign_id)

    complete_campaigns(world.sql)
    complete_campaigns(world.sql)

    contact = world.contact_row(contact_id)
    assert (contact["status"], contact["reason"]) == ("exhausted", "zone_unknown")
    assert world.campaign_row(campaign_id)["status"] == "completed"


def test_who_is_not_called_in_time_expires(world: World) -> None:
    campaign_id = world.campaign()
    late = world.contact(campaign_id, not_after=utc_now() - timedelta(seconds=1))

    complete_campaigns(world.sql)

    assert world.contact_row(late)["status"] == "expired"


def test_at_a_campaigns_end_whoever_still_waits_expires(world: World) -> None:
    campaign_id = world.campaign(ends_at=utc_now() - timedelta(seconds=1))
    contact_id = world.contact(campaign_id)

    assert complete_campaigns(world.sql) == [campaign_id]
    assert world.contact_row(contact_id)["status"] == "expired"


def test_a_scheduled_campaign_starts_when_its_time_has_come(world: World) -> None:
    due = world.campaign(status="scheduled", starts_at=utc_now() - timedelta(seconds=1))
    later = world.campaign(status="scheduled", starts_at=utc_now() + timedelta(hours=1))

    complete_campaigns(world.sql)

    assert (world.campaign_row(due)["status"], world.campaign_row(later)["status"]) in [
        ("running", "scheduled"),
        ("completed", "scheduled"),
    ]


def test_a_scheduled_campaign_whose_time_is_taken_away_starts_at_once(world: World) -> None:
    campaign_id = world.campaign(status="scheduled", starts_at=utc_now() + timedelta(hours=1))
    world.contact(campaign_id)
    assert Work.CAMPAIGNS not in work(world)

    world.run(change_campaign, campaign_id, CampaignChanges(starts_at=None))
    assert Work.CAMPAIGNS in work(world)
    complete_campaigns(world.sql)

    assert world.campaign_row(campaign_id)["status"] == "running"
    assert len(world.dispatcher.dispatch_calls()) == 1


def test_dispatch_that_failures_have_closed_opens_when_a_question_is_answered(
    world: World, carrier: CarrierStub
) -> None:
    close_dispatch(world.redis, world.keys, CONNECTION, reason="away")
    carrier.get = lambda _asked: (0, {})
    reopen_dispatch(world.sql, world.redis, world.keys, world.carrier, connection_id=CONNECTION)
    assert read_health(world.redis, world.keys, CONNECTION).closed

    carrier.get = lambda _asked: (200, {"data": {"public": "x"}})
    reopen_dispatch(world.sql, world.redis, world.keys, world.carrier, connection_id=CONNECTION)

    assert not read_health(world.redis, world.keys, CONNECTION).closed


def test_a_campaign_makes_five_calls_and_no_more_until_a_webhook_has_come(world: World) -> None:
    campaign_id = world.campaign(heard_webhooks=False)
    world.contacts(campaign_id, 20)

    claimed = first_calls(world)
    assert world.dispatcher.dispatch_calls() == []
    seconds, _ = world.redis.time()
    run_scripts(world.redis, [note_webhook(world.keys, CONNECTION, at_ms=seconds * 1000)])

    assert watch_webhooks(world.sql, world.redis, world.keys, connection_id=CONNECTION) == []
    assert world.campaign_row(campaign_id)["heard_webhooks"] is True
    assert len(claimed) == 5
    assert eventually(world.dispatcher.dispatch_calls)


def test_five_accepted_dials_without_a_webhook_pause_the_campaign_and_say_why(world: World) -> None:
    campaign_id = world.campaign(heard_webhooks=False)
    world.contacts(campaign_id, 8)
    for call_id in first_calls(world):
        world.dialer.dial_call(call_id)

    assert watch_webhooks(world.sql, world.redis, world.keys, connection_id=CONNECTION, patience_s=0) == [campaign_id]

    campaign = world.campaign_row(campaign_id)
    assert (campaign["status"], campaign["status_reason"]["code"]) == ("paused", "no_webhooks")


def test_two_campaigns_share_the_rate_by_weight(world: World) -> None:
    heavy = world.campaign(pacing={"weight": 3})
    light = world.campaign(pacing={"weight": 1})
    for campaign_id in (heavy, light):
        world.contacts(campaign_id, 60)
    world.execute("UPDATE connections SET calls_per_second = 250")

    claimed = world.dispatcher.dispatch_calls()

    counts = dict(world.query("SELECT campaign_id, count(*) FROM calls GROUP BY 1"))
    assert len(claimed) >= 30
    assert counts[heavy] == pytest.approx(3 * counts[light], abs=3)


def test_what_is_published_and_unsent_stays_below_two_seconds_of_dials(world: World) -> None:
    campaign_id = world.campaign()
    world.contacts(campaign_id, 60)
    world.execute("UPDATE connections SET calls_per_second = 5")

    for _ in range(30):
        world.redis.delete(world.keys.gcra(CONNECTION))  # as if time had passed and no worker had taken any
        world.dispatcher.dispatch_calls()

    [(queued,)] = world.query("SELECT count(*) FROM calls WHERE state = 'reserved'")
    assert queued <= 10


def test_no_more_is_published_than_the_workers_are_seen_to_send(world: World) -> None:
    world.contacts(world.campaign(), 200)
    world.execute("UPDATE connections SET calls_per_second = 1000")

    def unsent() -> int:
        world.redis.delete(world.keys.gcra(CONNECTION))  # as if time had passed and no worker had taken any
        world.dispatcher.dispatch_calls()
        [(count,)] = world.query("SELECT count(*) FROM calls WHERE state = 'reserved'")
        return int(count)

    eventually(lambda: unsent() >= QUEUED_AHEAD)

    assert {unsent() for _ in range(5)} == {QUEUED_AHEAD}
