"""Puts wake-ups into the queues, many in one round trip; a lost one is issued again by a sweeper."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import redis

from orchestrator.settings import load_settings
from orchestrator.store.outage import in_words
from orchestrator.store.redis.pipeline import Command, round_trip
from orchestrator.store.redis.scripts import raise_errors
from orchestrator.store.sql.engine import open_redis
from workers.tasks.message import wake_up
from workers.tasks.names import BROKER_PREFIX, CALLS_DIAL, CALLS_PERFORM, QUEUE_COMMANDS, QUEUE_DIALS

log = logging.getLogger(__name__)

_QUEUES = {CALLS_DIAL: QUEUE_DIALS, CALLS_PERFORM: QUEUE_COMMANDS}


def publish(task: str, call_ids: Sequence[str]) -> None:
    """Publish one message per call. Never raises for a broker that is away: nothing depends on the message alone."""
    if not call_ids:
        return
    try:
        raise_errors(round_trip(_broker(), [publication(task, call_ids)]))
    except redis.RedisError as err:
        log.warning("not published (%s): %s messages of %s; the sweeper will", in_words(err), len(call_ids), task)


def publication(task: str, call_ids: Sequence[str]) -> Command:
    """Return the command that publishes one message per call, for a caller with a round trip to make anyhow."""
    queue = _QUEUES[task]
    return ("LPUSH", BROKER_PREFIX + queue, *(wake_up(task, call_id, queue=queue) for call_id in call_ids))


def queued(task: str) -> int:
    """Return how many messages of this task no worker has taken yet."""
    [length] = round_trip(_broker(), [("LLEN", BROKER_PREFIX + _QUEUES[task])])
    raise_errors([length])
    return int(length)


@dataclass(frozen=True)
class QueueState:
    """A queue: how many messages no worker has taken yet, and whether any was taken since it was last read."""

    length: int
    moves: bool


class QueueWatch:
    """Reads a queue again and again: one whose oldest message stays where it is has no reader."""

    def __init__(self, task: str) -> None:
        self._queue = BROKER_PREFIX + _QUEUES[task]
        self._oldest: bytes | None = None

    def read(self) -> QueueState:
        """Return the state of the queue."""
        answers = round_trip(_broker(), [("LLEN", self._queue), ("LINDEX", self._queue, -1)])
        raise_errors(answers)
        length, oldest = answers
        moves = oldest is None or oldest != self._oldest
        self._oldest = oldest
        return QueueState(int(length), moves)


@cache
def _broker() -> redis.Redis:
    return open_redis(load_settings().redis_url)
