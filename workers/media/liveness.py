"""Cuts the streams of calls that are over: an address that we gave out is good as long as its call lives."""

from __future__ import annotations

import asyncio
import logging

import redis

from orchestrator.clock import Clock
from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.live_calls import find_calls_over
from workers.media.streams import StreamReceiver

log = logging.getLogger(__name__)

_ALL_EVERY_S = 5.0
_LAST_WORDS_S = 10.0  # what the carrier still sends of a call whose hangup overtook it


class Liveness:
    """Asks about the call of each new stream at once, and every five seconds about all."""

    def __init__(self, receiver: StreamReceiver, *, client: redis.Redis, keys: Keys, clock: Clock) -> None:
        self._receiver = receiver
        self._client = client
        self._keys = keys
        self._clock = clock
        self._asked: set[str] = set()
        self._began_at = float("-inf")

    async def cut_streams_of_ended_calls(self) -> None:
        """Cut the streams of calls that are over; none while Redis is away or incomplete."""
        now = asyncio.get_running_loop().time()
        if now - self._began_at >= _ALL_EVERY_S:
            self._began_at, self._asked = now, set()
        unasked = sorted({stream.call_id for stream in self._receiver.streams()} - self._asked)
        if not unasked:
            return
        try:
            over = await asyncio.to_thread(self._over, unasked)
        except redis.RedisError:
            return  # asked again at the next turn
        self._asked.update(unasked)
        for call_id in over:
            log.warning("a stream of a call that is over is cut", extra={"call_id": call_id})
            self._receiver.shut_out(call_id)

    def _over(self, call_ids: list[str]) -> set[str]:
        return find_calls_over(self._client, self._keys, call_ids, now=self._clock(), grace_s=_LAST_WORDS_S)
