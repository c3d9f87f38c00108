"""What a live but slow process has taken is handled by another as well: whatever it says happens once all the same."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from orchestrator.counts import take_counts
from orchestrator.model.metric import Metric
from orchestrator.store.redis.keys import GROUP
from orchestrator.store.sql.tallies import read_tally
from orchestrator.store.sql.told_events import move_new_events
from tests.support.lock_points import LockPoint, in_thread, waits_for_a_lock
from tests.support.told import Teller
from tests.support.world import World
from workers.engine.stream_consumer import Consumer

RETRY = {"max_attempts": 3, "on": {"no_answer": {"after": "1h"}}, "on_outcome": {}}


def ended_call(world: World) -> str:
    """Return a call that is over and waits to be recorded."""
    call_id = world.dialed_call(retry=RETRY)
    world.hear(call_id, "call.hangup", hangup_cause="timeout")
    world.advance()
    world.let_timers_fire()
    world.advance()
    return call_id


def take(world: World) -> list[Any]:
    """Return what a consumer has just taken from `ended`."""
    found: list[Any] = world.redis.xreadgroup(GROUP, "slow", {world.keys.ended: ">"}, count=100)[0][1]
    return found


def calls_ended() -> int:
    return sum(n for field, n in take_counts().items() if field.startswith(Metric.CALLS_ENDED.value))


@pytest.mark.parametrize(
    "point", ["UPDATE calls k SET state", "UPDATE contacts c SET status", "INSERT INTO call_events"]
)
def test_r18_a_record_that_is_taken_over_from_a_slow_process_is_written_and_told_once(world: World, point: str) -> None:
    Teller(world.sql).endpoint("http://127.0.0.1:1/", "call.ended")
    call_id = ended_call(world)
    taken_by_the_slow, here = take(world), LockPoint(world.sql, before=point)
    quick = Consumer(world.redis, world.keys.ended, world.finalizer.finalize_calls, keys=world.keys, left_behind_ms=0)
    calls_ended()

    with in_thread(partial(world.finalizer.finalize_calls, taken_by_the_slow)) as slow:
        here.is_reached()
        with in_thread(quick.consume) as taking_over:
            waits_for_a_lock(world, unless=taking_over)
            here.go_on()

    contact = world.contact_of(call_id)
    with world.sql.begin() as tx:
        move_new_events(tx)
        counted = {tuple(row.parts[:2]): row.n for row in read_tally(tx, contact["campaign_id"], "calls")}
    assert slow.result() == 1
    assert (contact["status"], contact["attempts"], contact["tally"]) == ("waiting", 1, {"disposition:no_answer": 1})
    assert world.query("SELECT type, count(*) FROM webhook_deliveries GROUP BY type") == [("call.ended", 1)]
    assert counted == {("ended", "no_answer"): 1}
    assert calls_ended() == 1
    assert (world.redis.xlen(world.keys.ended), world.redis.xlen(world.keys.dead)) == (0, 0)
