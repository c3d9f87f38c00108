"""The queues of the tasks as Redis holds them: how many calls wait in each, by message or on the list of a shift."""

from __future__ import annotations

from typing import Final

import redis

from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.pipeline import round_trip
from orchestrator.store.redis.scripts import raise_errors

QUEUE_DIALS: Final = "dials"
QUEUE_COMMANDS: Final = "commands"
BROKER_PREFIX: Final = "cel:"


def queue_lengths(client: redis.Redis, keys: Keys) -> dict[str, int]:
    """Return for each queue how many calls no worker has taken yet."""
    queues = (QUEUE_DIALS, QUEUE_COMMANDS)
    names = [name for queue in queues for name in (BROKER_PREFIX + queue, keys.ready(queue))]
    answers = round_trip(client, [("LLEN", name) for name in names])
    raise_errors(answers)
    return {queue: int(answers[2 * n]) + int(answers[2 * n + 1]) for n, queue in enumerate(queues)}
