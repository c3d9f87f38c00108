"""A worker on shift takes calls from a list: none is lost when it ends, fails, is full or dies."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pytest
import redis

from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.ready_calls import SHIFT_LASTS_MS, ReadyCalls
from tests.support.full_memory import full_memory
from tests.support.poll import eventually
from workers.tasks.names import BROKER_PREFIX, CALLS_PERFORM, QUEUE_COMMANDS
from workers.tasks.publish import QueueWatch, publish, queued, ready_calls, send_messages
from workers.tasks.shift import ShiftBounds, Shifts

KEYS = Keys()
LONG = ShiftBounds(threads=4, calls_at_once=2, longest_s=60, quiet_s=60)


@pytest.fixture
def ready(broker: redis.Redis) -> ReadyCalls:
    return ready_calls(CALLS_PERFORM)


class Served:
    """The calls that were served, each behind whatever `meanwhile` does."""

    def __init__(self, meanwhile: Callable[[str], object] = lambda _: None) -> None:
        self.calls: list[str] = []
        self._meanwhile = meanwhile

    def __call__(self, call_ids: Sequence[str]) -> None:
        for call_id in call_ids:
            self._meanwhile(call_id)
            self.calls.append(call_id)


@contextmanager
def on_shift(ready: ReadyCalls, served: Served, bounds: ShiftBounds = LONG) -> Iterator[tuple[Shifts, dict[str, int]]]:
    """Run a shift that a message for `call_first` began; its result is there behind the block."""
    shifts = Shifts(ready, served, bounds=bounds, send_messages=lambda ids: send_messages(CALLS_PERFORM, ids))
    result: dict[str, int] = {}
    thread = threading.Thread(target=lambda: result.update(shifts.begin("call_first")))
    thread.start()
    try:
        yield shifts, result
    finally:
        shifts.close()
        thread.join()


def mark(broker: redis.Redis, ready: ReadyCalls) -> None:
    """Let a worker be on shift, however slowly the test goes on."""
    ready.mark_shift()
    broker.persist(KEYS.shift(QUEUE_COMMANDS))


def message_count(broker: redis.Redis) -> int:
    return int(broker.llen(BROKER_PREFIX + QUEUE_COMMANDS))


def is_marked(broker: redis.Redis) -> bool:
    return bool(broker.exists(KEYS.shift(QUEUE_COMMANDS)))


def test_calls_are_taken_without_a_message_while_a_worker_is_on_shift(broker: redis.Redis, ready: ReadyCalls) -> None:
    served = Served()
    with on_shift(ready, served) as (_, result):
        eventually(lambda: is_marked(broker))
        publish(CALLS_PERFORM, [f"call_{n}" for n in range(20)])
        eventually(lambda: len(served.calls) == 21)

    assert message_count(broker) == 0
    assert set(served.calls) == {"call_first", *(f"call_{n}" for n in range(20))}
    assert result == {"calls": 21, "failed": 0}


def test_messages_that_come_all_at_once_are_served_together_and_not_each_by_a_thread(ready: ReadyCalls) -> None:
    batches: list[list[str]] = []
    go_on = threading.Event()

    def serve(call_ids: Sequence[str]) -> None:
        batches.append(list(call_ids))
        go_on.wait(20)

    bounds = ShiftBounds(threads=1, calls_at_once=4, longest_s=60, quiet_s=60)
    shifts = Shifts(ready, serve, bounds=bounds, send_messages=lambda ids: send_messages(CALLS_PERFORM, ids))
    threads = [threading.Thread(target=shifts.begin, args=[f"call_{n}"]) for n in range(10)]
    for n, thread in enumerate(threads):
        thread.start()
        eventually(lambda n=n: len(batches) + shifts.waiting == n + 1)  # type: ignore[misc]
    go_on.set()
    eventually(lambda: sum(map(len, batches)) == 10)
    shifts.close()
    for thread in threads:
        thread.join()

    assert [len(batch) for batch in batches] == [1, 1, 4, 4]
    assert sorted(call_id for batch in batches for call_id in batch) == [f"call_{n}" for n in range(10)]


def test_each_call_gets_a_message_while_nobody_is_on_shift(broker: redis.Redis, ready: ReadyCalls) -> None:
    publish(CALLS_PERFORM, ["call_1", "call_2"])

    assert (message_count(broker), ready.count()[0], queued(CALLS_PERFORM)) == (2, 0, 2)


def test_calls_that_nobody_has_taken_get_a_message_each_when_the_shift_ends(
    broker: redis.Redis, ready: ReadyCalls
) -> None:
    go_on = threading.Event()
    served = Served(lambda _: go_on.wait(20))
    bounds = ShiftBounds(threads=2, calls_at_once=1, longest_s=60, quiet_s=60)
    with on_shift(ready, served, bounds) as (shifts, _):
        eventually(lambda: is_marked(broker))
        publish(CALLS_PERFORM, [f"call_{n}" for n in range(5)])
        eventually(lambda: ready.count()[0] == 4)  # one thread has taken one, the other is at the first
        shifts.close()

        assert (message_count(broker), ready.count()[0], is_marked(broker)) == (4, 0, False)
        go_on.set()

    assert sorted(served.calls) == ["call_0", "call_first"]


def test_a_shift_whose_threads_are_all_busy_lets_others_be_woken(broker: redis.Redis, ready: ReadyCalls) -> None:
    go_on = threading.Event()
    served = Served(lambda _: go_on.wait(20))
    with on_shift(ready, served, ShiftBounds(threads=2, calls_at_once=1, longest_s=60, quiet_s=60)):
        eventually(lambda: is_marked(broker))
        publish(CALLS_PERFORM, ["call_1"])
        eventually(lambda: not is_marked(broker), within=SHIFT_LASTS_MS / 1000 / 2)
        publish(CALLS_PERFORM, ["call_2"])

        assert message_count(broker) == 1
        go_on.set()


def test_a_shift_waits_for_no_threads_that_are_still_at_calls_of_the_one_before(
    broker: redis.Redis, ready: ReadyCalls
) -> None:
    go_on = threading.Event()
    served = Served(lambda _: go_on.wait(20))
    with on_shift(ready, served, ShiftBounds(threads=3, calls_at_once=1, longest_s=60, quiet_s=60)) as (shifts, _):
        for call_id in ("call_1", "call_2"):
            eventually(lambda: is_marked(broker))
            publish(CALLS_PERFORM, [call_id])
            eventually(lambda: not ready.count()[0])
        assert shifts._current is not None
        shifts._current.end()  # as when it has been long enough
        task = threading.Thread(target=shifts.begin, args=("call_3",))
        task.start()
        eventually(lambda: is_marked(broker))
        publish(CALLS_PERFORM, ["call_4"])
        eventually(lambda: not is_marked(broker), within=SHIFT_LASTS_MS / 1000 / 2)
        publish(CALLS_PERFORM, ["call_5"])

        assert (message_count(broker), ready.count()[0]) == (1, 0)
        go_on.set()
        shifts.close()
        task.join()


def test_threads_are_added_only_while_nobody_waits_and_never_above_the_bound(
    broker: redis.Redis, ready: ReadyCalls
) -> None:
    go_on, lock, at_it, at_once = threading.Event(), threading.Lock(), set[str](), list[int]()

    def hold(call_id: str) -> None:
        with lock:
            at_it.add(call_id)
            at_once.append(len(at_it))
        go_on.wait(20)
        with lock:
            at_it.remove(call_id)

    served = Served(hold)
    with on_shift(ready, served, ShiftBounds(threads=3, calls_at_once=1, longest_s=60, quiet_s=60)):
        eventually(lambda: is_marked(broker))
        mark(broker, ready)
        publish(CALLS_PERFORM, [f"call_{n}" for n in range(9)])
        eventually(lambda: len(at_it) == 3)
        go_on.set()
        eventually(lambda: len(served.calls) == 10)

    assert max(at_once) == 3


def test_a_call_that_fails_ends_no_shift(broker: redis.Redis, ready: ReadyCalls) -> None:
    def fail(call_id: str) -> None:
        if call_id == "call_bad":
            raise ValueError(call_id)

    served = Served(fail)
    with on_shift(ready, served) as (_, result):
        eventually(lambda: is_marked(broker))
        publish(CALLS_PERFORM, ["call_bad"])
        eventually(lambda: not ready.count()[0])
        publish(CALLS_PERFORM, ["call_good"])
        eventually(lambda: "call_good" in served.calls)

    assert result == {"calls": 3, "failed": 1}


@pytest.mark.parametrize("bounds", [{"longest_s": 0.0, "quiet_s": 60}, {"longest_s": 60, "quiet_s": 0.0}])
def test_a_shift_ends_by_itself_and_the_next_message_begins_another(
    broker: redis.Redis, ready: ReadyCalls, bounds: dict[str, float]
) -> None:
    shifts = Shifts(
        ready,
        served := Served(),
        bounds=ShiftBounds(threads=2, calls_at_once=1, **bounds),
        send_messages=lambda ids: send_messages(CALLS_PERFORM, ids),
    )

    assert [shifts.begin("call_1"), shifts.begin("call_2")] == [{"calls": 1, "failed": 0}] * 2
    assert served.calls == ["call_1", "call_2"]
    assert not is_marked(broker)


def test_a_message_that_comes_during_a_shift_is_served_at_once(broker: redis.Redis, ready: ReadyCalls) -> None:
    served = Served()
    with on_shift(ready, served) as (shifts, _):
        eventually(lambda: served.calls)

        assert shifts.begin("call_2") == {"calls": 1, "failed": 0}


def test_a_worker_that_is_asked_to_end_begins_no_shift(broker: redis.Redis, ready: ReadyCalls) -> None:
    shifts = Shifts(ready, served := Served(), bounds=LONG, send_messages=lambda _: None)
    shifts.close()

    assert shifts.begin("call_1") == {"calls": 1, "failed": 0}
    assert (served.calls, is_marked(broker)) == (["call_1"], False)


def test_the_mark_of_a_worker_that_died_lapses(broker: redis.Redis, ready: ReadyCalls) -> None:
    ready.mark_shift()

    assert 0 < broker.pttl(KEYS.shift(QUEUE_COMMANDS)) <= SHIFT_LASTS_MS


def test_r11_calls_are_offered_taken_and_woken_although_memory_is_full(broker: redis.Redis, ready: ReadyCalls) -> None:
    with full_memory(broker):
        publish(CALLS_PERFORM, ["call_1"])
        mark(broker, ready)
        publish(CALLS_PERFORM, ["call_2", "call_3"])

        assert message_count(broker) == 1
        assert ready.take(5, wait_s=1) == ["call_2", "call_3"]


def test_a_list_of_ready_calls_that_is_taken_from_moves(broker: redis.Redis, ready: ReadyCalls) -> None:
    watch = QueueWatch(CALLS_PERFORM)
    mark(broker, ready)
    publish(CALLS_PERFORM, ["call_1", "call_2"])

    first, second = watch.read(), watch.read()
    ready.take(1, wait_s=1)
    third = watch.read()

    assert [each.moves for each in (first, second, third)] == [True, False, True]
    assert [each.length for each in (first, second, third)] == [2, 2, 1]


def test_a_shift_ends_when_the_broker_goes_away(broker: redis.Redis, ready: ReadyCalls) -> None:
    served = Served()
    with on_shift(ready, served) as (_, result):
        eventually(lambda: is_marked(broker))
        broker.set(KEYS.ready(QUEUE_COMMANDS), "no list")  # what any answer but calls does
        broker.client_kill_filter(_type="normal", skipme=True)
        eventually(lambda: result)

    assert served.calls == ["call_first"]


def test_threads_that_are_not_needed_leave(broker: redis.Redis, ready: ReadyCalls) -> None:
    go_on = threading.Event()
    served = Served(lambda _: go_on.wait(20))
    with on_shift(ready, served):
        eventually(lambda: is_marked(broker))
        publish(CALLS_PERFORM, ["call_1"])
        publish(CALLS_PERFORM, ["call_2"])
        eventually(lambda: blocked_clients(broker) == 1)
        go_on.set()
        eventually(lambda: blocked_clients(broker) > 1)

        assert eventually(lambda: blocked_clients(broker) == 1)
    assert len(served.calls) == 3


def blocked_clients(broker: redis.Redis) -> int:
    return int(broker.info("clients")["blocked_clients"])


def test_commands_offered_to_a_worker_that_died_are_woken_by_the_sweeper(
    broker: redis.Redis, ready: ReadyCalls
) -> None:
    mark(broker, ready)
    publish(CALLS_PERFORM, ["call_1"])
    broker.delete(KEYS.shift(QUEUE_COMMANDS))  # it was killed, and its mark has lapsed

    QueueWatch(CALLS_PERFORM).read()

    assert (message_count(broker), ready.count()[0]) == (1, 0)


def test_calls_offered_to_a_worker_that_died_stop_no_dispatcher(broker: redis.Redis, ready: ReadyCalls) -> None:
    mark(broker, ready)
    publish(CALLS_PERFORM, ["call_1", "call_2"])
    broker.delete(KEYS.shift(QUEUE_COMMANDS))

    assert queued(CALLS_PERFORM) == 2
    assert message_count(broker) == 2  # which a worker takes, and begins a shift


def test_what_is_offered_to_a_worker_on_shift_stays_with_it(broker: redis.Redis, ready: ReadyCalls) -> None:
    mark(broker, ready)
    publish(CALLS_PERFORM, ["call_1", "call_2"])

    assert (queued(CALLS_PERFORM), QueueWatch(CALLS_PERFORM).read().length) == (2, 2)
    assert message_count(broker) == 0


def test_no_mark_stands_behind_the_end_of_a_shift(broker: redis.Redis, ready: ReadyCalls) -> None:
    mark, shift_ends = ready.mark_shift, threading.Event()

    def mark_late() -> None:
        if shift_ends.is_set():
            shifts.close()  # another thread ends the shift while this one is about to mark it
        mark()

    ready.mark_shift = mark_late  # type: ignore[method-assign]
    with on_shift(ready, Served()) as (shifts, _):
        eventually(lambda: is_marked(broker))
        shift_ends.set()
        eventually(lambda: shifts._current is not None and shifts._current.is_over)

    assert not is_marked(broker)


def test_the_threads_of_a_shift_serve_the_next_one_too(broker: redis.Redis, ready: ReadyCalls) -> None:
    threads: list[set[threading.Thread]] = []

    def hold(call_id: str) -> None:
        if call_id == "call_first":  # the task's own thread leaves the others to the shift's
            eventually(lambda: threads[-1])
        else:
            threads[-1].add(threading.current_thread())

    bounds = ShiftBounds(threads=2, calls_at_once=1, longest_s=0.2, quiet_s=60)
    shifts = Shifts(ready, Served(hold), bounds=bounds, send_messages=lambda ids: send_messages(CALLS_PERFORM, ids))
    for _ in range(4):
        threads.append(set())
        task = threading.Thread(target=shifts.begin, args=("call_first",))
        task.start()
        while task.is_alive():
            publish(CALLS_PERFORM, ["call_1"])
        task.join()
        threads[-1].discard(task)

    assert all(threads)
    assert len(set().union(*threads)) <= bounds.threads
