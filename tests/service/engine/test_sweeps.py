"""The sweepers of attempts: every state that waits has a deadline, and somebody who looks after it."""

from __future__ import annotations

import redis
from pydantic import SecretStr
from sqlalchemy import Engine, text

from orchestrator.clock import utc_now
from orchestrator.ids import new_id
from orchestrator.operations.recovery.monitor_carrier import compare_clocks, reopen_dispatch
from orchestrator.operations.recovery.poll_call_status import poll_call_status
from orchestrator.operations.recovery.rebuild_redis import SHUT_FOR_S, Rebuilder
from orchestrator.operations.recovery.reconcile_channels import reconcile_channels
from orchestrator.operations.recovery.reconcile_unknown_calls import ABSENT_AFTER_S, GIVE_UP_AFTER_S
from orchestrator.operations.recovery.resolve_unanswered_dials import resolve_unanswered_dials
from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.rate_limiter import read_health
from orchestrator.store.sql.dial_ledger import republish
from orchestrator.telnyx.client import TelnyxClient
from orchestrator.telnyx.client_state import ClientState
from tests.support.carrier_stub import Asked, CarrierStub
from tests.support.stub_http import stub_http
from tests.support.unknown_calls import active_legs, match_again, unknown_call
from tests.support.world import CONNECTION, World

OLD = "call_01J00000000000000000000000"


def test_a_reserved_attempt_that_nobody_took_is_published_again_once(world: World) -> None:
    call_id = world.claimed_call()
    with world.sql.begin() as tx:
        assert republish(tx, older_than_s=10, limit=9, in_queue=0) == []
    world.execute("UPDATE calls SET published_at = now() - interval '11 seconds'")

    with world.sql.begin() as tx:
        first = republish(tx, older_than_s=10, limit=9, in_queue=0)
    with world.sql.begin() as tx:
        second = republish(tx, older_than_s=10, limit=9, in_queue=0)

    assert (first, second) == ([call_id], [])


def test_the_dispatcher_publishes_a_single_call_that_the_api_has_written(world: World) -> None:
    call_id = world.claimed_call()
    world.execute("UPDATE calls SET published_at = NULL")

    assert world.dispatcher.dispatch_calls() == [call_id]


def test_r8_campaigns_that_are_over_are_not_asked_about_their_channels(world: World) -> None:
    for status in ("completed", "canceled", "draft"):
        world.campaign(status=status)
    paused, running, canceled = world.campaign(status="paused"), world.campaign(), world.campaign()
    world.contact(canceled)
    [live] = world.claim(canceled)
    world.execute("UPDATE campaigns SET status = 'canceled' WHERE id = :id", id=canceled)
    world.redis.delete(world.keys.slots(canceled))
    asked: list[str] = []

    with redis.Redis.from_url(world.redis_url) as watcher, watcher.monitor() as heard:
        _, taken = reconcile_channels(world.sql, world.redis, world.keys, connection_id=CONNECTION)
        world.redis.echo("that was all")
        while not (command := heard.next_command()["command"]).startswith("ECHO"):
            asked += [command.split()[1]] if command.startswith("ZRANGE ") else []

    scopes = (CONNECTION, paused, running, canceled)
    assert sorted(asked) == sorted(world.keys.slots(scope) for scope in scopes)
    assert taken == 1 and world.redis.zrange(world.keys.slots(canceled), 0, -1) == [live.encode()]


def test_r8_a_channel_whose_attempt_is_over_is_freed_and_a_young_one_left_alone(world: World) -> None:
    young = new_id("call")
    world.redis.zadd(world.keys.slots(CONNECTION), {OLD: 1, young: 1})

    freed, _ = reconcile_channels(world.sql, world.redis, world.keys, connection_id=CONNECTION)

    assert freed == 1
    assert world.redis.zrange(world.keys.slots(CONNECTION), 0, -1) == [young.encode()]


def test_r8_a_campaign_that_has_just_ended_gives_back_the_channels_of_nobody(world: World) -> None:
    campaign_id = world.call_row(call_id := world.claimed_call())["campaign_id"]
    channels = world.keys.slots(campaign_id)
    world.redis.zadd(channels, {OLD: 1})
    world.execute("UPDATE calls SET state = 'ended', ended_at = now() - interval '1 minute' WHERE id = :id", id=call_id)
    world.execute("UPDATE campaigns SET status = 'completed' WHERE id = :id", id=campaign_id)

    reconcile_channels(world.sql, world.redis, world.keys, connection_id=CONNECTION)

    assert world.redis.zrange(channels, 0, -1) == [call_id.encode()]  # which is young


def test_r8_an_attempt_without_its_channel_gets_one(world: World) -> None:
    campaign_id = world.campaign()
    call_id = world.claimed_call()
    world.execute("UPDATE calls SET id = :new WHERE id = :old", new=OLD, old=call_id)
    world.redis.delete(world.keys.slots(CONNECTION), world.keys.slots(campaign_id))

    _, taken = reconcile_channels(world.sql, world.redis, world.keys, connection_id=CONNECTION)

    assert taken == 2  # the connection's and the campaign's
    assert world.redis.zscore(world.keys.slots(CONNECTION), OLD) > utc_now().timestamp() * 1000


def test_a_call_that_outlived_its_deadline_and_is_gone_is_ended(world: World, carrier: CarrierStub) -> None:
    call_id = world.dialed_call()
    world.advance()
    world.let_time_of_calls_pass()

    assert poll_call_status(world.sql, world.redis, world.keys, world.carrier) == 1
    world.advance()
    world.let_timers_fire()
    world.advance()
    world.settle()

    assert world.call_row(call_id)["state"] == "ended"
    assert world.contact_of(call_id)["status"] != "calling"


def test_a_call_is_not_judged_while_its_end_may_wait_in_the_stream(world: World, carrier: CarrierStub) -> None:
    world.dialed_call()
    world.let_time_of_calls_pass()
    world.redis.delete(world.keys.events)
    world.redis.xadd(world.keys.events, {"raw": b"{}"}, id="1-1")  # told long ago, to an engine that died over it

    judged = poll_call_status(world.sql, world.redis, world.keys, world.carrier)

    assert judged == 0
    assert [asked.method for asked in carrier.asked] == ["POST"]


def test_a_call_that_outlived_its_deadline_and_lives_is_hung_up(world: World, carrier: CarrierStub) -> None:
    call_id = world.dialed_call()
    world.hear(call_id, "call.answered")
    world.work(call_id)
    carrier.get = lambda _asked: (200, {"data": {"call_control_id": f"v3:{call_id}", "is_alive": True}})
    world.let_time_of_calls_pass()

    poll_call_status(world.sql, world.redis, world.keys, world.carrier)
    world.work(call_id)

    assert carrier.actions[-1].path.endswith("/hangup")
    assert world.call_row(call_id)["deadline_at"] > utc_now()


def test_a_deadline_is_asked_about_again_when_the_carrier_is_away(world: World, carrier: CarrierStub) -> None:
    call_id = world.dialed_call()
    carrier.get = lambda _asked: (503, {})
    world.let_time_of_calls_pass()

    poll_call_status(world.sql, world.redis, world.keys, world.carrier)
    world.advance()

    assert world.call_row(call_id)["state"] == "accepted"


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
        keys=world.keys,
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
            keys=world.keys,
        )
        for _ in range(2)
    ]

    for rebuilder in rivals:
        rebuilder.watch()
    results = [rebuilder.watch() for rebuilder in rivals]

    assert results == [True, True]
    [(epoch,)] = world.query("SELECT epoch FROM installation")
    assert world.redis.get(world.keys.epoch) == epoch.encode()


def test_r21_an_unknown_dial_that_is_alive_at_the_carrier_is_adopted_with_its_ids(
    world: World, carrier: CarrierStub
) -> None:
    call_id = unknown_call(world, carrier)
    carrier.get = lambda _asked: (200, active_legs(call_id))

    world.reconciler.reconcile_unknown_calls(CONNECTION)
    world.advance()

    row = world.call_row(call_id)
    assert (row["state"], row["call_control_id"]) == ("accepted", f"v3:{call_id}")
    assert len(carrier.dials) == 1


def test_r21_a_leg_without_our_client_state_is_never_taken_for_ours(world: World, carrier: CarrierStub) -> None:
    call_id = unknown_call(world, carrier)
    carrier.get = lambda _asked: (200, active_legs(call_id, state_of={call_id: "c29tZWJvZHkgZWxzZQ=="}))

    world.reconciler.reconcile_unknown_calls(CONNECTION)

    assert world.call_row(call_id)["state"] == "unknown"


def test_r21_a_webhook_that_came_is_looked_at_before_the_carrier_is_asked(world: World, carrier: CarrierStub) -> None:
    call_id = unknown_call(world, carrier)
    world.hear(call_id, "call.initiated")
    world.advance()

    world.reconciler.reconcile_unknown_calls(CONNECTION)

    assert world.call_row(call_id)["state"] == "accepted"


def test_r21_nothing_is_judged_while_older_entries_wait(world: World, carrier: CarrierStub) -> None:
    call_id = unknown_call(world, carrier)
    world.redis.xadd(world.keys.events, {"raw": b"{}"}, id="1-1")
    carrier.get = lambda _asked: (200, active_legs(call_id))

    assert world.reconciler.reconcile_unknown_calls(CONNECTION) == 0
    assert world.call_row(call_id)["state"] == "unknown"


def test_r21_absent_twice_the_contact_is_unknown_after_ten_minutes_and_never_redialed(
    world: World, carrier: CarrierStub
) -> None:
    call_id = unknown_call(world, carrier, age_s=ABSENT_AFTER_S + 1)
    carrier.get = lambda _asked: (200, active_legs())
    world.reconciler.reconcile_unknown_calls(CONNECTION)
    match_again(world)
    assert world.contact_of(call_id)["status"] == "calling"

    world.age_send(call_id, GIVE_UP_AFTER_S + 600)
    match_again(world)

    contact, row = world.contact_of(call_id), world.call_row(call_id)
    assert (contact["status"], contact["current_call_id"], row["state"]) == ("unknown", None, "unknown")
    assert world.redis.zcard(world.keys.slots(CONNECTION)) == 0
    assert world.claim(row["campaign_id"]) == []
    assert len(carrier.dials) == 1


def test_r21_late_truth_amends_an_unknown_contact_and_does_not_reopen_it(world: World, carrier: CarrierStub) -> None:
    call_id = unknown_call(world, carrier, age_s=GIVE_UP_AFTER_S + 700)
    carrier.get = lambda _asked: (200, active_legs())
    world.reconciler.reconcile_unknown_calls(CONNECTION)
    match_again(world)
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
    world.reconciler.reconcile_unknown_calls(CONNECTION)
    match_again(world)
    world.advance()
    world.let_timers_fire()
    world.advance()
    world.settle()

    assert world.call_row(call_id)["state"] == "ended"


def test_r23_the_ledger_is_written_durably_and_read_committed(world: World) -> None:
    with world.sql.connect() as tx:
        settings = {
            name: tx.execute(text(f"SHOW {name}")).scalar_one()
            for name in ("synchronous_commit", "transaction_isolation", "TimeZone")
        }

    assert settings == {"synchronous_commit": "on", "transaction_isolation": "read committed", "TimeZone": "UTC"}
    assert world.sql.pool.size() == 8  # type: ignore[attr-defined]  # a QueuePool has one


def test_r23_two_sweepers_never_judge_the_same_row(world: World, carrier: CarrierStub) -> None:
    carrier.dial = lambda _asked: (0, {})
    call_id = world.dialed_call()
    world.age_send(call_id, 41)
    with world.sql.begin() as tx:
        tx.execute(text("SELECT 1 FROM calls FOR UPDATE"))

        assert resolve_unanswered_dials(world.sql, world.redis, world.keys) == []
        assert world.call_row(call_id)["state"] == "dialing"


def test_r25_a_clock_that_differs_by_more_than_a_minute_closes_dispatch_until_it_is_mended(
    sql: Engine, redis_client: redis.Redis
) -> None:
    keys = Keys()

    def compare(ahead_s: float) -> bool:
        with stub_http(lambda _path: (200, {"data": {"public": "x"}}), clock_ahead_s=ahead_s) as url:
            client = TelnyxClient(base_url=url, api_key=SecretStr("k"))
            compare_clocks(sql, redis_client, keys, client, connection_id="c")
            reopen_dispatch(sql, redis_client, keys, client, connection_id="c")
            client.close()
        return read_health(redis_client, keys, "c").closed

    assert [compare(0), compare(90), compare(0)] == [False, True, False]


def test_r20_an_adopted_call_that_outlived_its_deadline_is_hung_up(world: World, carrier: CarrierStub) -> None:
    call_id = world.dialed_call()
    world.hear(call_id, "call.answered")
    world.advance()
    world.redis.flushall()
    world.prepare_again()
    world.let_time_of_calls_pass()
    alive = {"call_control_id": f"v3:{call_id}", "is_alive": True, "record_type": "call"}
    carrier.get = lambda _asked: (200, {"data": alive})

    poll_call_status(world.sql, world.redis, world.keys, world.carrier)
    world.work(call_id)

    assert [asked.path for asked in carrier.actions] == [f"/v2/calls/v3:{call_id}/actions/hangup"]
