"""Playback on a leg: one sound after the other, and overlays over them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit

from simulator.call.callee_behavior import react_to_silence, react_to_sound
from simulator.call.transcription import transcribe_prompt
from simulator.state.leg import Leg
from simulator.state.leg_activities import Sound
from simulator.webhook_events import emit
from simulator.world import World

CHARACTERS_A_SECOND = 15
FILE_S = 5.0
_MAX_WAITING = 1_000

_TAG = re.compile(r"<[^>]*>")
_PLAYBACK_ONLY = frozenset({"cancelled", "file_not_found", "failed", "unknown"})


class LegPlayer:
    """Plays the sounds of one leg in order, and sends the webhooks of each start and end."""

    __slots__ = ("_leg", "_overlaid", "_overlays", "_playing", "_waiting", "_world")

    def __init__(self, world: World, leg: Leg) -> None:
        self._world = world
        self._leg = leg
        self._waiting: list[Sound] = []
        self._playing: Sound | None = None
        self._overlays: dict[str, Sound] = {}
        self._overlaid = 0

    @property
    def is_full(self) -> bool:
        """Whether the queue takes no more sounds."""
        return len(self._waiting) + len(self._overlays) >= _MAX_WAITING

    @property
    def is_playing(self) -> bool:
        """Whether a sound is playing, overlays aside."""
        return self._playing is not None

    def queue(self, sound: Sound) -> None:
        """Play the sound after the queued ones."""
        self._waiting.append(sound)
        if self._playing is None:
            self._next()

    def overlay(self, sound: Sound) -> None:
        """Play the sound at once, over the current one."""
        self._overlaid += 1
        name = f"overlay {self._overlaid}"
        self._overlays[name] = sound
        self._emit_start(sound)
        self._leg.timers.set(name, sound.seconds, partial(self._end_overlay, name, "completed"))

    def stop(self, which: str, *, status: str = "cancelled") -> None:
        """End the current sound; with `all`, drop the queued ones, too."""
        dropped = tuple(self._waiting) if which == "all" else ()
        if dropped:
            self._waiting.clear()
        self._end(status)
        for sound in dropped:
            if sound.on_end is not None:
                sound.on_end()

    def stop_overlays(self, *, status: str = "cancelled") -> None:
        """End every overlay."""
        for name in tuple(self._overlays):
            self._end_overlay(name, status)

    def interrupt(self, sound: Sound) -> None:
        """Take one sound out, current or queued; the next one follows."""
        sound.on_end = None
        if sound is self._playing:
            self._end("cancelled")
        elif sound in self._waiting:
            self._waiting.remove(sound)

    def close(self) -> None:
        """End everything because the call has ended."""
        self._waiting.clear()
        self.stop_overlays(status="call_hangup")
        sound, self._playing = self._playing, None
        if sound is not None:
            self._emit_end(sound, "call_hangup")

    def rest(self) -> None:
        """Leave the callee in silence."""
        react_to_silence(self._world, self._leg)

    def _next(self) -> None:
        if not self._waiting:
            self.rest()
            return
        sound = self._playing = self._waiting.pop(0)
        self._emit_start(sound)
        if sound.on_start is not None:
            sound.on_start()
        if sound.failure is not None:
            self._end(sound.failure)
            return
        react_to_sound(self._world, self._leg, sound.seconds)
        self._leg.timers.set("sound", sound.seconds, partial(self._end, "completed"))

    def _end(self, status: str) -> None:
        sound, self._playing = self._playing, None
        self._leg.timers.cancel("sound")
        if sound is None:
            return
        self._emit_end(sound, status)
        if status == "completed":
            transcribe_prompt(self._world, self._leg, sound.words)
        if sound.on_end is not None:
            sound.on_end()
        if self._playing is None:
            self._next()

    def _end_overlay(self, name: str, status: str) -> None:
        self._leg.timers.cancel(name)
        self._emit_end(self._overlays.pop(name), status)

    def _emit_start(self, sound: Sound) -> None:
        if sound.noun is not None:
            emit(self._world, self._leg, f"call.{sound.noun}.started", **sound.facts)

    def _emit_end(self, sound: Sound, status: str) -> None:
        if sound.noun == "speak":
            known = "completed" if status in _PLAYBACK_ONLY else status  # speak has no `cancelled`
            emit(self._world, self._leg, "call.speak.ended", **sound.facts, status=known)
        elif sound.noun == "playback":
            detail = "" if status in ("completed", "call_hangup") else status.replace("_", " ")
            emit(self._world, self._leg, "call.playback.ended", **sound.facts, status=status, status_detail=detail)


def speech(payload: str, *, ssml: bool, times: float = 1, **facts: Any) -> Sound:
    """Return the sound of a spoken text, at fifteen characters per second."""
    text = _TAG.sub("", payload) if ssml else payload
    seconds = max(0.5, len(text) / CHARACTERS_A_SECOND) * times
    return Sound(noun="speak", seconds=seconds, facts=facts, words=text.strip())


def playback(body: Mapping[str, Any], *, times: float = 1, overlay: bool = False) -> Sound:
    """Return a file's sound: five seconds, or `?seconds=` of its URL; a name starting with `missing` is not found."""
    url, name = body.get("audio_url"), body.get("media_name")
    facts = {key: value for key, value in (("media_url", url), ("media_name", name)) if value}
    parts = urlsplit(url or "")
    file = name or parts.path.rpartition("/")[2]
    return Sound(
        noun="playback",
        seconds=_file_s(parts.query) * times,
        facts={**facts, "overlay": overlay},
        failure="file_not_found" if file.startswith("missing") else None,
    )


def times(loop: object) -> float:
    """Return the number of repetitions that `loop` requests; infinity for `infinity`."""
    return 1.0 if loop is None else float("inf") if loop == "infinity" else float(str(loop))


def _file_s(query: str) -> float:
    try:
        return max(0.1, float(parse_qs(query).get("seconds", [FILE_S])[0]))
    except ValueError:
        return FILE_S
