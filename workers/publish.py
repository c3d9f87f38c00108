"""Puts wake-ups into the queues, many in one round trip; a lost one is issued again by a sweeper."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from kombu.exceptions import KombuError
from redis.exceptions import RedisError

from .celery_app import app
from .names import CALLS_DIAL, CALLS_PERFORM, QUEUE_COMMANDS, QUEUE_DIALS

log = logging.getLogger(__name__)

_QUEUES = {CALLS_DIAL: QUEUE_DIALS, CALLS_PERFORM: QUEUE_COMMANDS}
_BATCH = 200


def publish(task: str, call_ids: Sequence[str]) -> None:
    """Publish one message per call. Never raises for a broker that is away: nothing depends on the message alone."""
    if not call_ids:
        return
    try:
        with app.producer_or_acquire() as producer, producer.batch(max_size=_BATCH):
            for call_id in call_ids:
                app.send_task(task, (call_id,), queue=_QUEUES[task], producer=producer, retry=False, ignore_result=True)
    except (KombuError, RedisError, OSError) as err:
        log.warning("not published (%s): %s messages of %s; the sweeper will", err, len(call_ids), task)
