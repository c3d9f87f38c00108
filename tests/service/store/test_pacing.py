"""Rate, channels and the law, on a real Valkey."""

from __future__ import annotations

import random

import pytest
import redis

from orchestrator.model.live_call import LiveCall
from orchestrator.policy.hold_reasons import Reason
from orchestrator.policy.pacing import DispatchLimits
from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.live_calls import create_live, load_live
from orchestrator.store.redis.rate_limiter import (
    CLOSE_AFTER_FAILURES,
    AnswerReport,
    AskedSend,
    Permission,
    RateLimit,
    close_dispatch,
    open_dispatch,
    permit_sends,
    read_health,
    read_room,
    report_answers,
    reserve,
    return_reservation,
)
from tests.support.poll import eventually

KEYS = Keys()
LEASE_S = 600


def take(
    client: redis.Redis, number: int, *, conn: RateLimit, campaign: RateLimit | None = None, start: int = 0
) -> int:
    ids = [f"call_{n}" for n in range(start, start + number)]
    return reserve(client, KEYS, conn, campaign or RateLimit("cmp_1"), call_ids=ids, lease_s=LEASE_S)


def slots(client: redis.Redis, scope: str) -> int:
    return int(client.zcard(KEYS.slots(scope)))


def test_a_burst_is_granted_once_and_not_again_at_the_same_moment(redis_client: redis.Redis) -> None:
    rate_limit = RateLimit("conn", rate=0.01, burst=5, channels=100)

    first, second = take(redis_client, 20, conn=rate_limit), take(redis_client, 20, conn=rate_limit, start=50)

    assert (first, second) == (5, 0)


def test_channels_bound_what_the_rate_would_allow(redis_client: redis.Redis) -> None:
    rate_limit = RateLimit("conn", rate=1000, burst=1000, channels=3)

    assert take(redis_client, 10, conn=rate_limit) == 3
    assert slots(redis_client, "conn") == 3


def test_a_campaigns_own_limits_hold_inside_the_connections(redis_client: redis.Redis) -> None:
    conn, campaign = RateLimit("conn", rate=1000, burst=1000, channels=100), RateLimit("cmp_1", channels=2)

    assert take(redis_client, 10, conn=conn, campaign=campaign) == 2
    assert take(redis_client, 10, conn=conn, campaign=RateLimit("cmp_2", rate=0.01, burst=4), start=20) == 4


def test_more_dispatchers_do_not_raise_the_rate(redis_client: redis.Redis) -> None:
    rate_limit = RateLimit("conn", rate=0.01, burst=7, channels=100)

    granted = [take(redis_client, 3, conn=rate_limit, start=10 * n) for n in range(6)]

    assert sum(granted) == 7


def test_what_is_given_back_can_be_granted_again(redis_client: redis.Redis) -> None:
    rate_limit, campaign = RateLimit("conn", rate=0.01, burst=4, channels=100), RateLimit("cmp_1")
    take(redis_client, 4, conn=rate_limit)

    return_reservation(redis_client, KEYS, rate_limit, campaign, call_ids=["call_0", "call_1"], rate_too=True)

    assert slots(redis_client, "conn") == 2
    assert take(redis_client, 4, conn=rate_limit, start=10) == 2


def test_giving_back_twice_frees_once(redis_client: redis.Redis) -> None:
    rate_limit, campaign = RateLimit("conn", rate=0.01, burst=4, channels=100), RateLimit("cmp_1")
    take(redis_client, 4, conn=rate_limit)

    for _ in range(2):
        return_reservation(redis_client, KEYS, rate_limit, campaign, call_ids=["call_0"], rate_too=True)

    assert take(redis_client, 4, conn=rate_limit, start=10) == 1


def permit(
    client: redis.Redis, call_id: str, limits: DispatchLimits, *, epoch: str = "one", found: str = "one"
) -> Permission:
    if found:
        client.set(KEYS.epoch, found)
    live = LiveCall(call_id=call_id)
    asked = AskedSend(name=f"{call_id}/1", connection_id="conn", epoch=epoch, live=live, limits=limits)
    [permission] = permit_sends(client, KEYS, [asked])
    assert isinstance(permission, Permission)
    return permission


def report(client: redis.Redis, *, good: bool, rate: float = 20.0, reason: str = "") -> bool:
    return report_answers(client, KEYS, [AnswerReport("conn", good=good, rate=rate, reason=reason)])


def test_r7_the_law_refuses_the_send_above_five_seconds_worth(redis_client: redis.Redis) -> None:
    limits = DispatchLimits(pace_per_s=2, burst=1, law_sends=10, law_window_s=5.0)

    permits = [permit(redis_client, f"call_{n}", limits) for n in range(12)]

    assert permits == [Permission.PERMITTED] * 10 + [Permission.REFUSED] * 2


def test_r7_a_send_older_than_the_window_no_longer_counts(redis_client: redis.Redis) -> None:
    limits = DispatchLimits(pace_per_s=0.2, burst=1, law_sends=1, law_window_s=5.0)
    permit(redis_client, "call_1", limits)
    redis_client.zincrby(KEYS.sends("conn"), -5001, "call_1/1")

    assert permit(redis_client, "call_2", limits) == Permission.PERMITTED


def test_r20_a_send_is_not_permitted_by_a_redis_that_came_back_empty(redis_client: redis.Redis) -> None:
    limits = DispatchLimits(pace_per_s=2, burst=1, law_sends=10, law_window_s=5.0)

    assert permit(redis_client, "call_1", limits, found="") == Permission.STALE
    assert load_live(redis_client, KEYS, "call_1") is None


def test_r20_a_call_has_its_live_state_before_it_is_sent_and_keeps_it(redis_client: redis.Redis) -> None:
    limits = DispatchLimits(pace_per_s=2, burst=1, law_sends=10, law_window_s=5.0)
    create_live(redis_client, KEYS, LiveCall(call_id="call_1", phase="answered"))

    for call_id in ("call_1", "call_2"):
        permit(redis_client, call_id, limits)

    loaded = [load_live(redis_client, KEYS, call_id) for call_id in ("call_1", "call_2")]
    assert [one.call.phase for one in loaded if one] == ["answered", "dialing"]


def test_r7_a_bad_answer_halves_the_rate_once_a_second(redis_client: redis.Redis) -> None:
    report(redis_client, good=False, reason="429")
    redis_client.hincrby(KEYS.health("conn"), "changed", 60_000)  # the second lasts until all three have come
    for _ in range(2):
        report(redis_client, good=False, reason="429")
    in_a_second = read_health(redis_client, KEYS, "conn").rate

    redis_client.hincrby(KEYS.health("conn"), "changed", -61_000)
    report(redis_client, good=False, reason="429")

    assert (in_a_second, read_health(redis_client, KEYS, "conn").rate) == (pytest.approx(10), pytest.approx(5))


def test_r7_each_good_answer_brings_a_dial_a_second_back_up_to_the_full_rate(redis_client: redis.Redis) -> None:
    report(redis_client, good=False, reason="500")

    rates = []
    for _ in range(12):
        report(redis_client, good=True)
        rates.append(read_health(redis_client, KEYS, "conn").rate)

    assert rates == [*map(pytest.approx, range(11, 20)), None, None, None]


def test_r7_a_bad_answer_halves_the_rate_however_many_good_ones_came_since_the_last(redis_client: redis.Redis) -> None:
    report(redis_client, good=False, reason="429")
    redis_client.hincrby(KEYS.health("conn"), "changed", -1000)
    for _ in range(4):
        report(redis_client, good=True)

    report(redis_client, good=False, reason="429")

    assert read_health(redis_client, KEYS, "conn").rate == pytest.approx(7)


def test_what_is_given_back_can_be_granted_again_though_the_rate_was_slowed(redis_client: redis.Redis) -> None:
    rate_limit, campaign = RateLimit("conn", rate=20, burst=1, channels=100), RateLimit("cmp_1")
    for _ in range(10):
        redis_client.hset(KEYS.health("conn"), "changed", 0)
        report(redis_client, good=False, reason="429")
    open_dispatch(redis_client, KEYS, "conn")
    taken = take(redis_client, 1, conn=rate_limit)

    return_reservation(redis_client, KEYS, rate_limit, campaign, call_ids=["call_0"], rate_too=True)

    assert (taken, take(redis_client, 1, conn=rate_limit)) == (1, 1)


def test_r25_dispatch_that_a_clock_has_closed_says_so_whatever_the_carrier_answers_then(
    redis_client: redis.Redis,
) -> None:
    close_dispatch(redis_client, KEYS, "conn", reason="clock_skew")

    for _ in range(CLOSE_AFTER_FAILURES):
        report(redis_client, good=False, reason="503")

    health = read_health(redis_client, KEYS, "conn")
    assert (health.closed, health.reason) == (True, "clock_skew")


def test_r7_failures_in_a_row_close_dispatch_until_it_is_opened(redis_client: redis.Redis) -> None:
    rate_limit = RateLimit("conn", rate=1000, burst=1000, channels=100)
    closed = [report(redis_client, good=False, reason="away") for _ in range(12)]

    assert closed.index(True) == CLOSE_AFTER_FAILURES - 1 and closed.count(True) == 1
    assert take(redis_client, 5, conn=rate_limit) == 0
    open_dispatch(redis_client, KEYS, "conn")
    assert take(redis_client, 5, conn=rate_limit) == 5


def test_r7_one_good_answer_breaks_the_row(redis_client: redis.Redis) -> None:
    answers = [False] * 9 + [True] + [False] * 9

    closed = [report(redis_client, good=good) for good in answers]

    assert not any(closed)


@pytest.mark.parametrize("slow", ["conn", "cmp_1"])
def test_r7_a_rate_that_is_lowered_and_raised_again_takes_effect_at_once(redis_client: redis.Redis, slow: str) -> None:
    slow_lane, fast = RateLimit(slow, rate=0.01, burst=5), RateLimit(slow, rate=1000, burst=5)
    conn, campaign = (slow_lane, RateLimit("cmp_1")) if slow == "conn" else (RateLimit("conn"), slow_lane)
    assert take(redis_client, 9, conn=conn, campaign=campaign) == 5

    conn, campaign = (fast, RateLimit("cmp_1")) if slow == "conn" else (RateLimit("conn"), fast)
    raised = eventually(lambda: take(redis_client, 9, conn=conn, campaign=campaign, start=20), within=5)

    assert raised <= 5


def test_r7_however_the_rate_changes_no_more_than_the_burst_lies_ahead(redis_client: redis.Redis) -> None:
    rng = random.Random(7)

    for n in range(200):
        rate_limit = RateLimit("conn", rate=rng.choice([0.01, 0.2, 1, 29, 1000]), burst=rng.choice([1, 4.35, 150]))
        granted = take(redis_client, rng.randint(1, 9), conn=rate_limit, start=10 * n)

        seconds, micros = redis_client.time()
        ahead_ms = float(redis_client.get(KEYS.gcra("conn")) or 0) - seconds * 1000 - micros / 1000
        assert not granted or ahead_ms <= rate_limit.burst * 1000 / rate_limit.rate + 1


def test_r7_what_an_account_of_few_dials_was_slowed_to_does_not_outlast_a_higher_rate(
    redis_client: redis.Redis,
) -> None:
    report(redis_client, good=False, rate=0.01, reason="429")

    room = read_room(redis_client, KEYS, [(RateLimit("conn", rate=1000, burst=1), RateLimit("cmp_1"))])
    take(redis_client, 1, conn=RateLimit("conn", rate=1000, burst=1))
    [after] = read_room(redis_client, KEYS, [(RateLimit("conn", rate=1000, burst=1), RateLimit("cmp_1"))])

    assert room[0].lacks is None
    assert (after.lacks, after.wait_s) == (Reason.RATE, pytest.approx(5, abs=2))


def test_the_room_says_why_there_is_none_and_takes_nothing(redis_client: redis.Redis) -> None:
    rate_limits = RateLimit("conn", rate=0.02, burst=1, channels=1), RateLimit("cmp_1", channels=1)
    full = RateLimit("conn", channels=1), RateLimit("cmp_1")
    assert [room.lacks for room in read_room(redis_client, KEYS, [rate_limits, full])] == [None, None]

    assert take(redis_client, 3, conn=rate_limits[0], campaign=rate_limits[1]) == 1

    assert [room.lacks for room in read_room(redis_client, KEYS, [full])] == [Reason.NO_CAPACITY]
    [rate] = read_room(redis_client, KEYS, [(RateLimit("conn", rate=0.02, burst=1, channels=9), RateLimit("cmp_1"))])
    assert (rate.lacks, rate.wait_s) == (Reason.RATE, pytest.approx(50, abs=20))
    close_dispatch(redis_client, KEYS, "conn", reason="away")
    assert [room.lacks for room in read_room(redis_client, KEYS, [full])] == [Reason.CARRIER_UNAVAILABLE]
