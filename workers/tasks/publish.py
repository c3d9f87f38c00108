"""Puts wake-ups into the queues, many in one round trip; a lost one is issued again by a sweeper."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, partial

import redis

from orchestrator.settings import load_settings
from orchestrator.store.outage import in_words
from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.pipeline import round_trip
from orchestrator.store.redis.ready_calls import ReadyCalls, WakeUps
from orchestrator.store.redis.scripts import ScriptCall, raise_errors, run_script, write_though_full
from orchestrator.store.sql.engine import open_redis
from workers.tasks.message import wake_up
from workers.tasks.names import BROKER_PREFIX, CALLS_DIAL, CALLS_PERFORM, QUEUE_COMMANDS, QUEUE_DIALS

log = logging.getLogger(__name__)

_QUEUES = {CALLS_DIAL: QUEUE_DIALS, CALLS_PERFORM: QUEUE_COMMANDS}


def publish(task: str, call_ids: Sequence[str]) -> None:
    """Offer calls to the workers on shift, or wake a worker for each.

    Never raises for a broker that is away: nothing depends on the message alone.
    """
    if not call_ids:
        return
    try:
        if not run_script(_broker(), offer(task, call_ids)):
            _send(task, call_ids)
    except redis.RedisError as err:
        _tell(task, call_ids, err)


def wake_ups(task: str) -> WakeUps:
    """Return how to wake the workers of this task in a round trip that is made anyhow."""
    return WakeUps(partial(offer, task), partial(send_messages, task))


def offer(task: str, call_ids: Sequence[str]) -> ScriptCall:
    """Return the script call that offers calls to the workers on shift; it answers 0 when there is none."""
    return ready_calls(task).offer(call_ids)


def send_messages(task: str, call_ids: Sequence[str]) -> None:
    """Put one message per call into the queue. Never raises for a broker that is away."""
    if not call_ids:
        return
    try:
        _send(task, call_ids)
    except redis.RedisError as err:
        _tell(task, call_ids, err)


def ready_calls(task: str) -> ReadyCalls:
    """Return the calls that are ready for the workers of this task."""
    return ReadyCalls(_broker(), Keys(), _QUEUES[task])


def queued(task: str) -> int:
    """Return how many calls no worker has taken yet, by message or from the list of ready calls."""
    send_messages(task, ready_calls(task).left_behind())
    [length] = round_trip(_broker(), [("LLEN", BROKER_PREFIX + _QUEUES[task])])
    raise_errors([length])
    return int(length) + ready_calls(task).count()[0]


@dataclass(frozen=True)
class QueueState:
    """A queue: how many calls no worker has taken yet, and whether any was taken since it was last read."""

    length: int
    moves: bool


class QueueWatch:
    """Reads a queue again and again: one whose oldest calls stay where they are has no reader."""

    def __init__(self, task: str) -> None:
        self._task = task
        self._queue = BROKER_PREFIX + _QUEUES[task]
        self._ready = ready_calls(task)
        self._oldest: tuple[bytes | None, bytes | None] = (None, None)

    def read(self) -> QueueState:
        """Return the state of the queue."""
        send_messages(self._task, self._ready.left_behind())
        answers = round_trip(_broker(), [("LLEN", self._queue), ("LINDEX", self._queue, -1)])
        raise_errors(answers)
        ready, next_ready = self._ready.count()
        oldest = answers[1], next_ready
        moves = oldest == (None, None) or oldest != self._oldest
        self._oldest = oldest
        return QueueState(int(answers[0]) + ready, moves)


def _send(task: str, call_ids: Sequence[str]) -> None:
    queue = _QUEUES[task]
    messages = [wake_up(task, call_id, queue=queue) for call_id in call_ids]
    write_though_full(_broker(), "LPUSH", BROKER_PREFIX + queue, *messages)


def _tell(task: str, call_ids: Sequence[str], err: redis.RedisError) -> None:
    log.warning("not published (%s): %s calls of %s; the sweeper will", in_words(err), len(call_ids), task)


@cache
def _broker() -> redis.Redis:
    return open_redis(load_settings().redis_url)
