"""What the engine does once a clock that it goes by has been set back: rows and keys lie in the future then."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
from pydantic import SecretStr
from sqlalchemy import Engine
from ulid import ULID

from orchestrator.clock import utc_now
from orchestrator.local_stack.embedded_servers import start_postgres, start_valkey
from orchestrator.operations.calls.command_leases import LEASE_MS
from orchestrator.operations.recovery.monitor_carrier import compare_clocks, reopen_dispatch
from orchestrator.operations.recovery.poll_call_status import ASK_AGAIN_S, poll_call_status
from orchestrator.operations.recovery.reconcile_channels import reconcile_channels
from orchestrator.operations.recovery.reconcile_unknown_calls import GIVE_UP_AFTER_S, LOOK_EVERY_S
from orchestrator.operations.recovery.resolve_unanswered_dials import resolve_unanswered_dials
from orchestrator.operations.recovery.work_watch import WorkWatch
from orchestrator.policy.pacing import DispatchLimits
from orchestrator.store.redis.clock_steps import follow_clock
from orchestrator.store.redis.keys import GROUP, Keys
from orchestrator.store.redis.rate_limiter import (
    AnswerReport,
    AskedSend,
    Permission,
    permit_sends,
    read_health,
    report_answers,
)
from orchestrator.store.sql.dial_ledger import DEADLINE_SLACK_S, REPEAT_AFTER_S, republish
from orchestrator.store.sql.engine import open_sql
from orchestrator.store.sql.sweeping_work import Work
from orchestrator.telnyx.client import TelnyxClient
from tests.support.carrier_stub import CarrierStub
from tests.support.host_clock import HostClock, host_clock
from tests.support.stub_http import stub_http
from tests.support.unknown_calls import active_legs, unknown_call
from tests.support.world import CONNECTION, World

KEYS = Keys()
STEPS_S = (120, 3_600)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[HostClock]:
    """Return the clock by which the servers go that a test starts itself."""
    with host_clock() as clock:
        for name, value in clock.environment.items():
            monkeypatch.setenv(name, value)
        yield clock


@contextmanager
def carrier_of_the_true_time() -> Iterator[TelnyxClient]:
    with stub_http(lambda _path: (200, {"data": {"public": "x"}}), clock_ahead_s=0) as url:
        client = TelnyxClient(base_url=url, api_key=SecretStr("k"))
        yield client
        client.close()


def compare(sql: Engine, client: redis.Redis, carrier: TelnyxClient) -> str:
    """Let the clocks be compared; return why dispatch is closed then."""
    compare_clocks(sql, client, KEYS, carrier, connection_id="c")
    reopen_dispatch(sql, client, KEYS, carrier, connection_id="c")
    health = read_health(client, KEYS, "c")
    return str(health.reason) if health.closed else ""


@pytest.mark.parametrize("step_s", [3_600, -3_600])
def test_r25_a_redis_whose_clock_is_off_closes_dispatch_until_it_is_set_right(
    sql: Engine, clock: HostClock, tmp_path: Path, step_s: int
) -> None:
    server = start_valkey(tmp_path / "valkey")
    with redis.Redis.from_url(server.url) as client, carrier_of_the_true_time() as carrier:
        right = compare(sql, client, carrier)
        clock.set("stores", by_s=step_s)
        wrong = compare(sql, client, carrier)
        clock.set("stores", by_s=0)
        again = compare(sql, client, carrier)
    server.stop()

    assert (right, wrong, again) == ("", "clock_skew", "")


def test_r25_a_database_whose_clock_is_off_closes_dispatch_for_by_it_calling_hours_are_judged(
    redis_client: redis.Redis, clock: HostClock, tmp_path: Path
) -> None:
    server = start_postgres(tmp_path / "postgres", durable=False)
    sql = open_sql(server.url)
    with carrier_of_the_true_time() as carrier:
        right = compare(sql, redis_client, carrier)
        clock.set("stores", by_s=-3_600)
        wrong = compare(sql, redis_client, carrier)
    sql.dispose()
    server.stop()

    assert (right, wrong) == ("", "clock_skew")


def now_ms(client: redis.Redis) -> int:
    seconds, micros = client.time()
    return int(seconds * 1000 + micros // 1000)


@pytest.mark.parametrize("step_s", STEPS_S)
def test_r2_an_unanswered_dial_is_not_repeated_when_its_age_is_no_longer_known(
    world: World, carrier: CarrierStub, step_s: int
) -> None:
    carrier.dial = lambda _asked: (0, {})
    call_id = world.dialed_call()
    world.age_send(call_id, -step_s)  # the database's clock has been set back
    assert WorkWatch(world.sql).has(Work.SENDS)

    assert resolve_unanswered_dials(world.sql, world.redis, world.keys) == []
    for passed_s in (REPEAT_AFTER_S + 1, step_s):  # the carrier knows a command_id for a minute only
        world.age_send(call_id, passed_s)
        for again in resolve_unanswered_dials(world.sql, world.redis, world.keys):
            world.dialer.dial_call(again)

    assert world.call_row(call_id)["state"] == "unknown"
    assert len(carrier.dials) == 1


def test_r21_an_unknown_attempt_is_given_up_although_the_clock_calls_it_unborn(
    world: World, carrier: CarrierStub
) -> None:
    carrier.get = lambda _asked: (200, active_legs())
    call_id = unknown_call(world, carrier)
    world.reconciler.reconcile_unknown_calls(CONNECTION)
    world.execute("UPDATE calls SET absent_at = absent_at + interval '1 h', first_sent_at = now() + interval '1 h'")

    looks = 0
    while world.call_row(call_id)["disposition"] is None and looks < 100:
        looks += 1
        world.reconciler.reconcile_unknown_calls(CONNECTION)
        world.execute(f"UPDATE calls SET absent_at = absent_at - interval '{LOOK_EVERY_S + 1} s'")

    assert world.contact_of(call_id)["status"] == "unknown"
    assert looks >= GIVE_UP_AFTER_S / LOOK_EVERY_S


def test_a_dial_whose_message_was_lost_is_published_again_although_it_was_published_in_the_future(world: World) -> None:
    call_id = world.claimed_call()
    world.execute("UPDATE calls SET published_at = now() + interval '1 h'")

    with world.sql.begin() as tx:
        assert republish(tx, older_than_s=10, limit=50, in_queue=0) == [call_id]


def test_r8_a_channel_of_nobody_is_freed_although_its_call_is_from_the_future(world: World) -> None:
    unborn = f"call_{ULID.from_datetime(utc_now() + timedelta(hours=1))}"
    world.redis.zadd(world.keys.slots(CONNECTION), {unborn: 1})

    assert reconcile_channels(world.sql, world.redis, world.keys, connection_id=CONNECTION)[0] == 1


def test_r7_sends_from_the_future_count_for_five_seconds_and_not_for_an_hour(world: World) -> None:
    limits = DispatchLimits(pace_per_s=2, burst=1, law_sends=2, law_window_s=5.0)
    sends = world.keys.sends(CONNECTION)
    world.redis.zadd(sends, {f"call_{n}/1": now_ms(world.redis) + 3_600_000 for n in range(2)})
    live = world.live(world.dialed_call())
    assert live is not None
    epoch = str(world.redis.get(world.keys.epoch), "ascii")
    asked = AskedSend(name="call_9/1", connection_id=CONNECTION, epoch=epoch, live=live, limits=limits)

    assert permit_sends(world.redis, world.keys, [asked]) == [Permission.REFUSED]

    later = now_ms(world.redis) + 1
    assert world.redis.zcount(sends, "-inf", later) == world.redis.zcard(sends)


def test_r7_a_slowed_rate_recovers_at_once_and_not_after_an_hour(world: World) -> None:
    health = world.keys.health(CONNECTION)
    world.redis.hset(health, mapping={"rate": 10, "changed": now_ms(world.redis) + 3_600_000})

    report_answers(world.redis, world.keys, [AnswerReport(CONNECTION, good=True, rate=29.0, reason="")])

    assert read_health(world.redis, world.keys, CONNECTION).rate == 11


def test_r7_a_bad_answer_slows_the_rate_although_it_was_changed_in_the_future(world: World) -> None:
    health = world.keys.health(CONNECTION)
    world.redis.hset(health, mapping={"rate": 10, "changed": now_ms(world.redis) + 3_600_000})

    report_answers(world.redis, world.keys, [AnswerReport(CONNECTION, good=False, rate=29.0, reason="busy")])

    assert read_health(world.redis, world.keys, CONNECTION).rate == 5


def call_with_a_command(world: World) -> str:
    call_id = world.dialed_call()
    world.hear(call_id, "call.answered")
    world.advance()
    return call_id


def test_r13_the_lease_of_a_sender_that_died_lapses_in_seconds_and_not_in_an_hour(world: World) -> None:
    call_id = call_with_a_command(world)
    world.redis.set(world.keys.lease(call_id), "of the dead", px=LEASE_MS + 3_600_000)

    assert world.perform(call_id) == 0

    assert world.redis.pttl(world.keys.lease(call_id)) <= LEASE_MS


def test_r13_an_unanswered_command_whose_age_is_no_longer_known_is_not_sent_again(
    world: World, carrier: CarrierStub
) -> None:
    call_id = call_with_a_command(world)
    carrier.act = lambda _asked: (0, {})
    world.perform(call_id)
    sent = len(carrier.actions)
    [stamp] = [name for name in world.redis.hkeys(world.keys.call(call_id)) if name.startswith(b"c:")]
    world.redis.hincrby(world.keys.call(call_id), stamp, 120_000)  # the server's clock has been set back

    world.perform(call_id)

    assert len(carrier.actions) == sent == 1


def read(world: World) -> list[bytes]:
    found: Any = world.redis.xreadgroup(GROUP, "one", {world.keys.events: ">"})
    [(_, entries)] = found
    return [entry for entry, _ in entries]


def test_r15_timers_and_streams_go_by_the_clock_that_was_set_back(world: World) -> None:
    call_id = world.dialed_call()
    world.advance()
    keys, step_ms = world.keys, 3_600_000
    world.redis.xadd(keys.events, {"own": "{}"}, id=f"{now_ms(world.redis) + step_ms}-0")
    [entry] = read(world)
    world.redis.zadd(keys.timers, {f"{call_id}|settle": now_ms(world.redis) + step_ms + 3_000})
    for waiting in (keys.wakes, keys.put_off):
        world.redis.zadd(waiting, {call_id: now_ms(world.redis) + step_ms + 5_000})

    follow_clock(world.redis, keys)
    assert world.redis.xlen(keys.events) == 1  # nothing is taken from a stream that is not empty

    world.redis.xack(keys.events, GROUP, entry)
    world.redis.xdel(keys.events, entry)
    follow_clock(world.redis, keys)
    follow_clock(world.redis, keys)

    now = now_ms(world.redis)
    slack = 60_000  # the newest entry tells how far the clock stepped: what passed since then is added
    assert abs(world.redis.zscore(keys.timers, f"{call_id}|settle") - now) < slack
    for waiting in (keys.wakes, keys.put_off):
        assert abs(world.redis.zscore(waiting, call_id) - now) < slack
    stamped = world.redis.xadd(keys.events, {"own": "{}"})
    assert abs(int(stamped.partition(b"-")[0]) - now) < slack
    assert read(world) == [stamped]


def accepted_in_an_hour(world: World) -> str:
    """Return a live call whose times were written by a clock that has been set back by an hour since."""
    call_id = world.dialed_call()
    world.hear(call_id, "call.answered")
    world.work(call_id)
    world.let_time_of_calls_pass(-3600)
    return call_id


def ask_about_calls(world: World) -> int:
    return poll_call_status(world.sql, world.redis, world.keys, world.carrier)


def test_a_call_that_ended_while_the_clock_was_ahead_is_ended_now_and_not_in_an_hour(
    world: World, carrier: CarrierStub
) -> None:
    call_id = accepted_in_an_hour(world)

    ask_about_calls(world)
    world.advance()
    world.let_timers_fire()
    world.advance()
    world.settle()

    assert world.call_row(call_id)["state"] == "ended"


def test_a_live_call_that_was_accepted_while_the_clock_was_ahead_has_all_its_time_and_no_more(
    world: World, carrier: CarrierStub
) -> None:
    call_id = accepted_in_an_hour(world)
    carrier.get = lambda _asked: (200, {"data": {"call_control_id": f"v3:{call_id}", "is_alive": True}})

    asked = [ask_about_calls(world) for _ in range(3)]
    world.work(call_id)
    hangups_at_first = hangups(carrier)
    world.let_time_of_calls_pass(lasts_s(world, call_id) - 30)
    asked.append(ask_about_calls(world))
    world.let_time_of_calls_pass(30)
    asked.append(ask_about_calls(world))
    world.work(call_id)

    assert asked == [1, 0, 0, 0, 1]
    assert (hangups_at_first, hangups(carrier)) == (0, 1)


def test_a_call_from_the_future_is_asked_about_again_within_a_minute_when_the_carrier_is_away(
    world: World, carrier: CarrierStub
) -> None:
    call_id = accepted_in_an_hour(world)
    carrier.get = lambda _asked: (503, {})
    asked = [ask_about_calls(world)]

    carrier.get = lambda _asked: (200, {"data": {"call_control_id": f"v3:{call_id}", "is_alive": True}})
    world.let_time_of_calls_pass(ASK_AGAIN_S)
    asked.append(ask_about_calls(world))
    world.work(call_id)
    hangups_at_first = hangups(carrier)
    world.let_time_of_calls_pass(lasts_s(world, call_id) - ASK_AGAIN_S)
    asked.append(ask_about_calls(world))
    world.work(call_id)

    assert asked == [1, 1, 1]
    assert (hangups_at_first, hangups(carrier)) == (0, 1)


def lasts_s(world: World, call_id: str) -> int:
    """Return how long a call may ring and talk, with what its deadline adds."""
    row = world.call_row(call_id)
    return int(row["ring_limit_s"]) + int(row["talk_limit_s"]) + DEADLINE_SLACK_S


def hangups(carrier: CarrierStub) -> int:
    return sum(asked.path.endswith("/hangup") for asked in carrier.actions)
