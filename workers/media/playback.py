"""Gives the sounds that the API left behind to the open streams, each at the pace its carrier allows."""

from __future__ import annotations

import asyncio
import logging

import redis

from orchestrator.store.keys import Keys
from orchestrator.store.media_queue import announce_streams, fetch_sounds

from .streams import Stream, StreamDoor

log = logging.getLogger(__name__)

_ANNOUNCE_EVERY_S = 3.0  # what is announced is believed for ten


class Playback:
    """Fetches at most one sound a second for each call; what is not fetched waits in Redis."""

    def __init__(self, door: StreamDoor, *, client: redis.Redis, keys: Keys) -> None:
        self._door = door
        self._client = client
        self._keys = keys
        self._is_away = False
        self._announced: set[str] = set()
        self._began_at = float("-inf")

    async def play(self) -> None:
        """Send what waits to every stream that may be played to now; a store that is away is waited for."""
        now = asyncio.get_running_loop().time()
        free = {stream.call_id: stream for stream in self._door.streams() if stream.may_play(now)}
        ready = {call_id: stream for call_id, stream in free.items() if not _play_again(stream, now)}
        news = self._to_announce(now)
        try:
            sounds = await asyncio.to_thread(self._exchange, list(news), list(ready))
        except redis.RedisError as err:
            if not self._is_away:
                log.warning("no sounds can be fetched: %s", type(err).__name__)
            self._is_away = True
            return
        self._is_away = False
        self._announced |= news
        for call_id, payload in sounds.items():
            ready[call_id].play(payload, asyncio.get_running_loop().time())

    def _to_announce(self, now: float) -> set[str]:
        """Return the calls whose stream is new; every three seconds all that are open."""
        if now - self._began_at >= _ANNOUNCE_EVERY_S:
            self._began_at, self._announced = now, set()
        return {stream.call_id for stream in self._door.streams()} - self._announced

    def _exchange(self, open_calls: list[str], ready: list[str]) -> dict[str, str]:
        announce_streams(self._client, self._keys, open_calls)
        return fetch_sounds(self._client, self._keys, ready)


def _play_again(stream: Stream, now: float) -> bool:
    """Send once more what the carrier found too early; say whether there was something."""
    refused = stream.take_refused()
    if refused is not None:
        stream.play(refused, now)
    return refused is not None
