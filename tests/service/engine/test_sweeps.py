"""The sweepers: every state that waits has a deadline, and somebody who looks after it."""

from __future__ import annotations

from datetime import timedelta

import pytest
import redis
from pydantic import SecretStr
from sqlalchemy import text

from orchestrator.clock import utc_now
from orchestrator.errors import Conflict
from orchestrator.ids import new_id
from orchestrator.operations.ask_about_calls import ask_about_calls
from orchestrator.operations.cancel_campaign import cancel_campaign
from orchestrator.operations.complete_campaigns import complete_campaigns
from orchestrator.operations.judge_sends import judge_sends
from orchestrator.operations.pause_campaign import pause_campaign
from orchestrator.operations.rebuild_redis import SHUT_FOR_S, Rebuilder
from orchestrator.operations.reconcile_channels import reconcile_channels
from orchestrator.operations.reconcile_unknown import ABSENT_AFTER_S, GIVE_UP_AFTER_S
from orchestrator.operations.stop_dialing import resume_dialing, stop_dialing
from orchestrator.operations.suppress_number import suppress_number
from orchestrator.operations.watch_carrier import compare_clocks, reopen_dispatch, watch_webhooks
from orchestrator.store.keys import Keys
from orchestrator.store.ledger import republish
from orchestrator.store.pacing import close_dispatch, heard_from_carrier, read_health
from orchestrator.telnyx.client import TelnyxClient
from orchestrator.telnyx.client_state import ClientState
from tests.support.carrier_stub import Asked, CarrierStub
from tests.support.poll import eventually
from tests.support.stub_http import stub_http
from tests.support.world import CONNECTION, World


def active_legs(*call_ids: str, state_of: dict[str, str] | None = None) -> dict[str, object]:
    legs = [
        {
            "call_control_id": f"v3:{call_id}",
            "call_leg_id": f"leg-{call_id}",
            "call_session_id": f"ses-{call_id}",
            "client_state": (state_of or {}).get(call_id, ClientState(call=call_id, role="A", user=None).encode()),
        }
        for call_id in call_ids
    ]
    return {"data": legs, "meta": {"cursors": {}, "total_items": len(legs)}}


def unknown_call(world: World, carrier: CarrierStub, *, age_s: float = 41) -> str:
    """Return an attempt whose one send was never answered."""
    carrier.dial = lambda _asked: (0, {})
    call_id = world.dialed_call()
    world.age_send(call_id, age_s)
    judge_sends(world.sql, world.redis, world.keys)
    assert world.call_row(call_id)["state"] == "unknown"
    return call_id


def first_calls(world: World) -> list[str]:
    """Dispatch until a campaign that has heard no webhook has made all the calls it may."""
    claimed: list[str] = []

    def enough() -> bool:
        claimed.extend(world.dispatcher.dispatch_calls())
        return len(claimed) >= 5

    eventually(enough)
    return claimed


def look_again(world: World) -> int:
    world.execute("UPDATE calls SET absent_at = absent_at - interval '31 seconds'")
    return world.reconciler.reconcile_unknown(CONNECTION)


# -- reserved: published again -----------------------------------------------------------------------------------


def test_a_reserved_attempt_that_nobody_took_is_published_again_once(world: World) -> None:
    call_id = world.claimed_call()
    with world.sql.begin() as connection:
        assert republish(connection, older_than_s=10, limit=9) == []
    world.execute("UPDATE calls SET published_at = now() - interval '11 seconds'")

    with world.sql.begin() as connection:
        first = republish(connection, older_than_s=10, limit=9)
    with world.sql.begin() as connection:
        second = republish(connection, older_than_s=10, limit=9)

    assert (first, second) == ([call_id], [])


def test_the_dispatcher_publishes_a_single_call_that_the_api_has_written(world: World) -> None:
    call_id = world.claimed_call()
    world.execute("UPDATE calls SET published_at = NULL")

    assert world.dispatcher.dispatch_calls() == [call_id]


# -- R8 channels ---------------------------------------------------------------------------------------------------


def test_r8_a_channel_whose_attempt_is_over_is_freed_and_a_young_one_left_alone(world: World) -> None:
    old = "call_01J00000000000000000000000"
    young = new_id("call")
    world.redis.zadd(world.keys.slots(CONNECTION), {old: 1, young: 1})

    freed, _ = reconcile_channels(world.sql, world.redis, world.keys, connection_id=CONNECTION)

    assert freed == 1
    assert world.redis.zrange(world.keys.slots(CONNECTION), 0, -1) == [young.encode()]


def test_r8_an_attempt_without_its_channel_gets_one(world: World) -> None:
    campaign_id = world.campaign()
    old = "call_01J00000000000000000000000"
    call_id = world.claimed_call()
    world.execute("UPDATE calls SET id = :new WHERE id = :old", new=old, old=call_id)
    world.redis.delete(world.keys.slots(CONNECTION), world.keys.slots(campaign_id))

    _, taken = reconcile_channels(world.sql, world.redis, world.keys, connection_id=CONNECTION)

    assert taken == 2  # the connection's and the campaign's
    assert world.redis.zscore(world.keys.slots(CONNECTION), old) > utc_now().timestamp() * 1000


# -- R9 pause, cancel, suppress, stop -----------------------------------------------------------------------------


def test_r9_a_pause_withdraws_what_is_claimed_and_the_dials_do_nothing(world: World, carrier: CarrierStub) -> None:
    campaign_id = world.campaign()
    world.contacts(campaign_id, 3)
    claimed = world.claim(campaign_id)

    campaign, in_flight = pause_campaign(world.house, campaign_id)
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

    for again in judge_sends(world.sql, world.redis, world.keys):
        world.dialer.dial_call(again)

    assert len(carrier.dials) == 1


def test_r9_a_new_suppression_withdraws_the_claimed_attempt_for_its_number(world: World, carrier: CarrierStub) -> None:
    call_id = world.claimed_call()
    phone = world.call_row(call_id)["to_number"]

    suppress_number(world.house, phone, reason="asked us to stop")
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

    campaign, in_flight = cancel_campaign(world.house, campaign_id, live_calls="hangup")
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

    stop_dialing(world.house)
    for call_id in claimed:
        world.dialer.dial_call(call_id)
    assert (carrier.dials, world.dispatcher.dispatch_calls()) == ([], [])

    resume_dialing(world.house)
    assert len(world.dispatcher.dispatch_calls()) == 2


def test_a_completed_campaign_cannot_be_paused(world: World) -> None:
    campaign_id = world.campaign(status="completed")

    with pytest.raises(Conflict, match="cannot be paused"):
        pause_campaign(world.house, campaign_id)


# -- deadlines -----------------------------------------------------------------------------------------------------


def test_a_call_that_outlived_its_deadline_and_is_gone_is_ended(world: World, carrier: CarrierStub) -> None:
    call_id = world.dialed_call()
    world.advance()
    world.execute("UPDATE calls SET deadline_at = now() - interval '1 second'")

    assert ask_about_calls(world.sql, world.redis, world.keys, world.carrier) == 1
    world.advance()
    world.let_timers_fire()
    world.advance()
    world.settle()

    assert world.call_row(call_id)["state"] == "ended"
    assert world.contact_of(call_id)["status"] != "calling"


def test_a_call_that_outlived_its_deadline_and_lives_is_hung_up(world: World, carrier: CarrierStub) -> None:
    call_id = world.dialed_call()
    world.hear(call_id, "call.answered")
    world.work(call_id)
    carrier.get = lambda _asked: (200, {"data": {"call_control_id": f"v3:{call_id}", "is_alive": True}})
    world.execute("UPDATE calls SET deadline_at = now() - interval '1 second'")

    ask_about_calls(world.sql, world.redis, world.keys, world.carrier)
    world.work(call_id)

    assert carrier.actions[-1].path.endswith("/hangup")
    assert world.call_row(call_id)["deadline_at"] > utc_now()


def test_a_deadline_is_asked_about_again_when_the_carrier_is_away(world: World, carrier: CarrierStub) -> None:
    call_id = world.dialed_call()
    carrier.get = lambda _asked: (503, {})
    world.execute("UPDATE calls SET deadline_at = now() - interval '1 second'")

    ask_about_calls(world.sql, world.redis, world.keys, world.carrier)
    world.advance()

    assert world.call_row(call_id)["state"] == "accepted"


# -- R20 Redis back empty --------------------------------------------------------------------------------------------


def test_r20_redis_back_empty_is_rebuilt_after_five_seconds_shut_and_dials_nobody_again(
    world: World, carrier: CarrierStub
) -> None:
    campaign_id = world.campaign()
    world.contacts(campaign_id, 2)
    [live, waiting] = world.claim(campaign_id)
    world.dialer.dial_call(live)
    world.redis.flushall()
    now = [0.0]
    rebuilder = Rebuilder(
        sql=world.sql,
        client=world.redis,
        carrier=world.carrier,
        connection_id=CONNECTION,
        monotonic=lambda: now[0],
    )

    shut = rebuilder.watch()
    world.dialer.dial_call(waiting)
    dispatched = world.dispatcher.dispatch_calls()
    now[0] = SHUT_FOR_S + 0.1
    whole = rebuilder.watch()

    assert (shut, dispatched, whole) == (False, [], True)
    assert len(carrier.dials) == 1
    adopted = world.live(live)
    assert adopted is not None and adopted.adopted and adopted.call_control_id == f"v3:{live}"
    assert world.redis.exists(world.keys.events) == 1


def test_r20_an_adopted_call_gets_no_command_and_still_ends_in_its_record(world: World, carrier: CarrierStub) -> None:
    call_id = world.dialed_call()
    world.hear(call_id, "call.answered")
    world.advance()
    world.redis.flushall()
    world.prepare_again()

    world.hear(call_id, "call.speak.ended")
    world.work(call_id)
    world.hang_up(call_id)

    assert carrier.actions == []
    assert world.call_row(call_id)["state"] == "ended"


def test_r20_two_rebuilders_make_one_epoch(world: World) -> None:
    world.redis.delete(world.keys.epoch)
    rivals = [
        Rebuilder(
            sql=world.sql,
            client=world.redis,
            carrier=world.carrier,
            connection_id=CONNECTION,
            monotonic=iter([0.0, SHUT_FOR_S + 1, SHUT_FOR_S + 1]).__next__,
        )
        for _ in range(2)
    ]

    for rebuilder in rivals:
        rebuilder.watch()
    results = [rebuilder.watch() for rebuilder in rivals]

    assert results == [True, True]
    [(epoch,)] = world.query("SELECT epoch FROM installation")
    assert world.redis.get(world.keys.epoch) == epoch.encode()


# -- R21 unknown -----------------------------------------------------------------------------------------------------


def test_r21_an_unknown_dial_that_is_alive_at_the_carrier_is_adopted_with_its_ids(
    world: World, carrier: CarrierStub
) -> None:
    call_id = unknown_call(world, carrier)
    carrier.get = lambda _asked: (200, active_legs(call_id))

    world.reconciler.reconcile_unknown(CONNECTION)
    world.advance()

    row = world.call_row(call_id)
    assert (row["state"], row["call_control_id"]) == ("accepted", f"v3:{call_id}")
    assert len(carrier.dials) == 1


def test_r21_a_leg_without_our_client_state_is_never_taken_for_ours(world: World, carrier: CarrierStub) -> None:
    call_id = unknown_call(world, carrier)
    carrier.get = lambda _asked: (200, active_legs(call_id, state_of={call_id: "c29tZWJvZHkgZWxzZQ=="}))

    world.reconciler.reconcile_unknown(CONNECTION)

    assert world.call_row(call_id)["state"] == "unknown"


def test_r21_a_webhook_that_came_is_looked_at_before_the_carrier_is_asked(world: World, carrier: CarrierStub) -> None:
    call_id = unknown_call(world, carrier)
    world.hear(call_id, "call.initiated")
    world.advance()

    world.reconciler.reconcile_unknown(CONNECTION)

    assert world.call_row(call_id)["state"] == "accepted"


def test_r21_nothing_is_judged_while_older_entries_wait(world: World, carrier: CarrierStub) -> None:
    call_id = unknown_call(world, carrier)
    world.redis.xadd(world.keys.events, {"raw": b"{}"}, id="1-1")
    carrier.get = lambda _asked: (200, active_legs(call_id))

    assert world.reconciler.reconcile_unknown(CONNECTION) == 0
    assert world.call_row(call_id)["state"] == "unknown"


def test_r21_absent_twice_the_contact_is_unknown_after_ten_minutes_and_never_redialed(
    world: World, carrier: CarrierStub
) -> None:
    call_id = unknown_call(world, carrier, age_s=ABSENT_AFTER_S + 1)
    carrier.get = lambda _asked: (200, active_legs())
    world.reconciler.reconcile_unknown(CONNECTION)
    look_again(world)
    assert world.contact_of(call_id)["status"] == "calling"

    world.age_send(call_id, GIVE_UP_AFTER_S + 600)
    look_again(world)

    contact, row = world.contact_of(call_id), world.call_row(call_id)
    assert (contact["status"], contact["current_call_id"], row["state"]) == ("unknown", None, "unknown")
    assert world.redis.zcard(world.keys.slots(CONNECTION)) == 0
    assert world.claim(row["campaign_id"]) == []
    assert len(carrier.dials) == 1


def test_r21_late_truth_amends_an_unknown_contact_and_does_not_reopen_it(world: World, carrier: CarrierStub) -> None:
    call_id = unknown_call(world, carrier, age_s=GIVE_UP_AFTER_S + 700)
    carrier.get = lambda _asked: (200, active_legs())
    world.reconciler.reconcile_unknown(CONNECTION)
    look_again(world)
    assert world.contact_of(call_id)["status"] == "unknown"

    world.hear(call_id, "call.hangup", hangup_cause="timeout")
    world.advance()
    world.let_timers_fire()
    world.advance()
    world.settle()

    contact = world.contact_of(call_id)
    assert (contact["status"], contact["disposition"]) == ("exhausted", "no_answer")
    assert world.call_row(call_id)["state"] == "ended"


def test_r21_a_dial_that_only_the_carriers_log_knows_is_ended(world: World, carrier: CarrierStub) -> None:
    call_id = unknown_call(world, carrier, age_s=ABSENT_AFTER_S + 1)
    state = ClientState(call=call_id, role="A", user=None).encode()

    def get(asked: Asked) -> tuple[int, dict[str, object]]:
        if "/call_events" in asked.path:
            metadata = {"client_state": state}
            return 200, {"data": [{"name": "call.initiated", "call_leg_id": "leg-9", "metadata": metadata}]}
        return 200, active_legs()

    carrier.get = get
    world.reconciler.reconcile_unknown(CONNECTION)
    look_again(world)
    world.advance()
    world.let_timers_fire()
    world.advance()
    world.settle()

    assert world.call_row(call_id)["state"] == "ended"


# -- R22 completion --------------------------------------------------------------------------------------------------


def test_r22_a_campaign_completes_when_nobody_waits_or_is_called(world: World) -> None:
    campaign_id = world.campaign()
    world.contact(campaign_id, status="completed")
    waiting = world.contact(campaign_id)
    assert complete_campaigns(world.sql) == []

    world.execute("UPDATE contacts SET status = 'exhausted' WHERE id = :id", id=waiting)

    assert complete_campaigns(world.sql) == [campaign_id]
    assert world.campaign_row(campaign_id)["completed_at"] is not None


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


# -- R23, R25, webhooks ----------------------------------------------------------------------------------------------


def test_r23_the_ledger_is_written_durably_and_read_committed(world: World) -> None:
    with world.sql.connect() as connection:
        settings = {
            name: connection.execute(text(f"SHOW {name}")).scalar_one()
            for name in ("synchronous_commit", "transaction_isolation", "TimeZone")
        }

    assert settings == {"synchronous_commit": "on", "transaction_isolation": "read committed", "TimeZone": "UTC"}
    assert world.sql.pool.size() == 8  # type: ignore[attr-defined]  # a QueuePool has one


def test_r23_two_sweepers_never_judge_the_same_row(world: World, carrier: CarrierStub) -> None:
    carrier.dial = lambda _asked: (0, {})
    call_id = world.dialed_call()
    world.age_send(call_id, 41)
    with world.sql.begin() as connection:
        connection.execute(text("SELECT 1 FROM calls FOR UPDATE"))

        assert judge_sends(world.sql, world.redis, world.keys) == []
        assert world.call_row(call_id)["state"] == "dialing"


def test_r25_a_clock_that_differs_by_more_than_a_minute_closes_dispatch_until_it_is_mended(
    redis_client: redis.Redis,
) -> None:
    keys = Keys()

    def compare(ahead_s: float) -> bool:
        with stub_http(lambda _path: (200, {"data": {"public": "x"}}), clock_ahead_s=ahead_s) as url:
            client = TelnyxClient(base_url=url, api_key=SecretStr("k"))
            compare_clocks(redis_client, keys, client, connection_id="c")
            reopen_dispatch(redis_client, keys, client, connection_id="c")
            client.close()
        return read_health(redis_client, keys, "c").closed

    assert [compare(0), compare(90), compare(0)] == [False, True, False]


def test_dispatch_that_failures_have_closed_opens_when_a_question_is_answered(
    world: World, carrier: CarrierStub
) -> None:
    close_dispatch(world.redis, world.keys, CONNECTION, reason="away")
    carrier.get = lambda _asked: (0, {})
    reopen_dispatch(world.redis, world.keys, world.carrier, connection_id=CONNECTION)
    assert read_health(world.redis, world.keys, CONNECTION).closed

    carrier.get = lambda _asked: (200, {"data": {"public": "x"}})
    reopen_dispatch(world.redis, world.keys, world.carrier, connection_id=CONNECTION)

    assert not read_health(world.redis, world.keys, CONNECTION).closed


def test_a_campaign_makes_five_calls_and_no_more_until_a_webhook_has_come(world: World) -> None:
    campaign_id = world.campaign(heard_webhooks=False)
    world.contacts(campaign_id, 20)

    claimed = first_calls(world)
    assert world.dispatcher.dispatch_calls() == []
    seconds, _ = world.redis.time()
    heard_from_carrier(world.redis, world.keys, CONNECTION, at_ms=seconds * 1000)

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
