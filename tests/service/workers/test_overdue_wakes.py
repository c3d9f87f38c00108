"""A wake-up that was lost is issued again; one that is only slow to be taken is not made slower by a second one."""

from __future__ import annotations

import pytest
import redis

from orchestrator.services import Services
from orchestrator.settings import Settings
from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.put_off_calls import put_off, take_put_off
from orchestrator.store.redis.scripts import run_script
from tests.support.poll import eventually
from workers.engine.__main__ import advance_loops
from workers.engine.sweepers import overdue_wakes
from workers.tasks.names import BROKER_PREFIX, CALLS_PERFORM, QUEUE_COMMANDS
from workers.tasks.publish import QueueWatch, publish, queued

KEYS = Keys()


@pytest.fixture
def services(redis_url: str, broker: redis.Redis) -> Services:
    return Services(Settings(redis_url=redis_url, telnyx_connection_id="conn-1"))


def watch() -> QueueWatch:
    return QueueWatch(CALLS_PERFORM)


def let_wait(client: redis.Redis, *call_ids: str, overdue_ms: int) -> None:
    seconds, micros = client.time()
    client.zadd(KEYS.wakes, dict.fromkeys(call_ids, seconds * 1000 + micros // 1000 - overdue_ms))


def test_a_lost_wake_up_is_issued_again(services: Services, broker: redis.Redis) -> None:
    let_wait(broker, "call_1", overdue_ms=50)

    assert overdue_wakes(services.redis, KEYS, watch()) == ["call_1"]
    assert overdue_wakes(services.redis, KEYS, watch()) == []  # put off: another sweeper leaves it alone


def test_what_may_still_stand_in_the_queue_is_not_issued_twice(services: Services, broker: redis.Redis) -> None:
    publish(CALLS_PERFORM, ["call_1", "call_2"])
    let_wait(broker, "call_1", "call_2", overdue_ms=50)

    assert overdue_wakes(services.redis, KEYS, watch()) == []


def test_one_lost_among_those_that_wait_is_found_when_the_queue_is_shorter_than_their_number(
    services: Services, broker: redis.Redis
) -> None:
    publish(CALLS_PERFORM, ["call_1"])
    let_wait(broker, "call_1", "call_lost", overdue_ms=50)

    assert "call_lost" in overdue_wakes(services.redis, KEYS, watch())


def test_a_command_that_was_put_off_is_woken_in_time_although_others_stand_in_the_queue(
    services: Services, broker: redis.Redis
) -> None:
    publish(CALLS_PERFORM, ["call_1", "call_2"])
    broker.set(KEYS.lease("call_3"), "token")
    put_off(services.redis, KEYS, "call_3", token="token", pause_ms=1)

    assert eventually(lambda: run_script(services.redis, take_put_off(KEYS))) == [b"call_3"]
    assert run_script(services.redis, take_put_off(KEYS)) == []  # another engine leaves it alone
    broker.zincrby(KEYS.wakes, -11_000, "call_3")  # whoever took it has died
    assert overdue_wakes(services.redis, KEYS, watch()) == ["call_3"]


def test_a_command_is_put_off_for_its_pause_and_by_the_holder_of_its_lease_alone(
    services: Services, broker: redis.Redis
) -> None:
    for call_id, token in (("call_1", "token"), ("call_2", "of another")):
        broker.set(KEYS.lease(call_id), token)
        put_off(services.redis, KEYS, call_id, token="token", pause_ms=60_000)

    assert run_script(services.redis, take_put_off(KEYS)) == []
    assert broker.zrange(KEYS.put_off, 0, -1) == [b"call_1"]


def test_a_queue_that_never_ends_hides_a_lost_wake_up_for_seconds_only(services: Services, broker: redis.Redis) -> None:
    publish(CALLS_PERFORM, [f"call_{n}" for n in range(50)])
    let_wait(broker, "call_lost", overdue_ms=9_000)

    assert overdue_wakes(services.redis, KEYS, watch()) == ["call_lost"]


def test_a_queue_that_nobody_reads_does_not_grow_however_long_calls_wait(
    services: Services, broker: redis.Redis
) -> None:
    calls, queue = [f"call_{n}" for n in range(4)], QueueWatch(CALLS_PERFORM)
    publish(CALLS_PERFORM, calls)

    for _ in range(20):
        let_wait(broker, *calls, overdue_ms=9_000)
        publish(CALLS_PERFORM, overdue_wakes(services.redis, KEYS, queue))

    assert queue.read().length <= 2 * len(calls)


def test_a_queue_that_is_read_again_moves(broker: redis.Redis) -> None:
    queue = QueueWatch(CALLS_PERFORM)
    publish(CALLS_PERFORM, ["call_1", "call_2"])

    reads = [queue.read().moves, queue.read().moves]
    broker.rpop(BROKER_PREFIX + QUEUE_COMMANDS)

    assert [*reads, queue.read().moves] == [True, False, True]


def test_the_loop_of_timers_wakes_what_was_put_off(services: Services, broker: redis.Redis) -> None:
    [timers] = [loop for loop in advance_loops(services) if loop.name == "timers"]
    broker.set(KEYS.lease("call_1"), "token")
    put_off(services.redis, KEYS, "call_1", token="token", pause_ms=1)

    eventually(lambda: timers.step() and queued(CALLS_PERFORM) == 1)

    assert broker.exists(KEYS.put_off) == 0
