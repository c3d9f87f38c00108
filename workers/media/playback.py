"""Plays queued sounds on the open streams at the pace the carrier allows, and reports what was played to its call."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import NamedTuple

import redis

from orchestrator.clock import Clock
from orchestrator.model.event import STREAM_PLAY_ENDED, Event
from orchestrator.store.redis.audio_queue import (
    Sound,
    add_played_events,
    announce_streams,
    fetch_silences,
    fetch_sounds,
)
from orchestrator.store.redis.keys import Keys
from workers.media.speaker import Played, Speaker
from workers.media.streams import StreamReceiver
from workers.media.tally import Tally

log = logging.getLogger(__name__)

_ANNOUNCE_EVERY_S = 3.0  # what is announced is believed for ten
_MOST_UNREPORTED = 10_000


class _Wishes(NamedTuple):
    """What the calls want of their streams."""

    silences: list[str]
    sounds: dict[str, Sound]


class Playback:
    """Fetches at most one sound a second for each call; what is not fetched waits in Redis."""

    def __init__(
        self, receiver: StreamReceiver, *, client: redis.Redis, keys: Keys, clock: Clock, tally: Tally
    ) -> None:
        self._receiver = receiver
        self._tally = tally
        self._client = client
        self._keys = keys
        self._clock = clock
        self._is_away = False
        self._announced: set[str] = set()
        self._began_at = float("-inf")
        self._unreported: list[Event] = []

    async def play(self) -> None:
        """Do what waits for every stream that may be spoken into now; a store that is away is waited for."""
        now = asyncio.get_running_loop().time()
        speakers = {stream.call_id: stream.speaker for stream in self._receiver.streams() if stream.speaker is not None}
        free = {call_id: speaker for call_id, speaker in speakers.items() if speaker.may_speak(now)}
        ready = [call_id for call_id, speaker in free.items() if not self._speak_again(speaker, now)]
        self._unreported = [*self._unreported, *map(self._event_of, self._receiver.take_played())][-_MOST_UNREPORTED:]
        news = self._to_announce(now)
        if not (speakers or news or self._unreported):
            return
        try:
            wishes = await asyncio.to_thread(self._exchange, list(news), list(speakers), ready)
        except redis.RedisError as err:
            if not self._is_away:
                log.warning("no sounds can be fetched: %s", type(err).__name__)
            self._is_away = True
            return
        self._is_away = False
        self._announced |= news
        for call_id in wishes.silences:
            speakers[call_id].silence()
        for call_id, sound in wishes.sounds.items():
            self._speak(speakers[call_id], sound, asyncio.get_running_loop().time())

    def _speak_again(self, speaker: Speaker, now: float) -> bool:
        """Send once more what the carrier found too early; say whether there was something."""
        refused = speaker.take_refused()
        if refused is not None:
            self._speak(speaker, refused, now)
        return refused is not None

    def _speak(self, speaker: Speaker, sound: Sound, now: float) -> None:
        speaker.speak(sound, now)
        self._tally.add("payloads_played")

    def _to_announce(self, now: float) -> set[str]:
        """Return the calls whose stream is new; every three seconds all that are open."""
        if now - self._began_at >= _ANNOUNCE_EVERY_S:
            self._began_at, self._announced = now, set()
        return {stream.call_id for stream in self._receiver.streams()} - self._announced

    def _exchange(self, news: Sequence[str], open_calls: Sequence[str], ready: Sequence[str]) -> _Wishes:
        add_played_events(self._client, self._keys, self._unreported)
        self._unreported = []
        announce_streams(self._client, self._keys, news)
        silences = fetch_silences(self._client, self._keys, open_calls)
        return _Wishes(silences, fetch_sounds(self._client, self._keys, ready))

    def _event_of(self, played: Played) -> Event:
        fields = {"command_id": played.sound_id, "action": "stream_play"}
        return Event(
            id=f"played:{played.sound_id}",
            type=STREAM_PLAY_ENDED,
            occurred_at=self._clock(),
            call_id=played.call_id,
            payload={**fields, "status": "completed" if played.is_whole else "cut"},
        )
