"""Queues a sound for the open stream of a call; the receiver that holds the stream plays them, one a second."""

from __future__ import annotations

import redis
from sqlalchemy import Engine

from orchestrator.errors import Conflict, LimitReached
from orchestrator.operations.calls.find_calls import find_call
from orchestrator.store.redis.audio_queue import MOST_WAITING, Queued, queue_sound
from orchestrator.store.redis.keys import Keys


def play_sound(call_id: str, payload: str, *, sql: Engine, client: redis.Redis, keys: Keys) -> None:
    """Queue a base64 sound.

    Raises NotFound for no such call, Conflict without an open stream, LimitReached when thirty wait already.

    Played at most once: a receiver that dies takes the sound it has just fetched with it.
    """
    match queue_sound(client, keys, call_id, payload):
        case Queued.NO_STREAM:
            find_call(call_id, sql=sql, client=client, keys=keys)
            raise Conflict(
                "no_stream", "No stream of this call is open at our receiver: start one with its stream_url."
            )
        case Queued.FULL:
            raise LimitReached("sounds_waiting", f"{MOST_WAITING} sounds wait already; the carrier takes one a second.")
        case Queued.TAKEN:
            return
