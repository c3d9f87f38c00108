"""Follows the clock of the Redis server when it steps back: entries and timers go by it."""

from __future__ import annotations

import logging

import redis

from orchestrator.store.redis.event_streams import streams_of
from orchestrator.store.redis.keys import GROUP, Keys
from orchestrator.store.redis.scripts import ScriptCall, raise_errors, run_scripts

log = logging.getLogger(__name__)

LEAST_STEP_MS = 1_000


def follow_clock(client: redis.Redis, keys: Keys) -> None:
    """Let streams and timers go by the server's clock again after it has stepped back; safe to repeat.

    A step forward needs nothing: what waits for a moment is due, and new entries carry the new time.
    """
    waiting = {"events": [keys.timers, keys.wakes, keys.put_off]}
    streams = streams_of(keys)
    looks = [
        ScriptCall("follow_clock", [stream, *waiting.get(name, [])], [GROUP, LEAST_STEP_MS])
        for name, stream in streams.items()
    ]
    answers = run_scripts(client, looks)
    raise_errors(answers)
    for name, step_ms in zip(streams, answers, strict=True):
        if step_ms:
            log.error("the clock of Redis has stepped back by %.0f s: %s begins anew", step_ms / 1000, name)
