"""Speaks into one stream: a sound a second, a mark behind each whose end somebody waits for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from picows import WSMsgType, WSTransport

from orchestrator.media.frames import cleared, marked, played_back
from orchestrator.store.redis.audio_queue import Sound
from workers.media.tally import Tally

_BETWEEN_SOUNDS_S = 1.05  # the carrier takes one a second, by its own clock


class Played(NamedTuple):
    """What became of a sound that somebody waits for: played to its end, cut off, or never taken."""

    call_id: str
    sound_id: str
    is_whole: bool


class Speaker:
    """The way back of one stream; `tell` hears what became of each sound that has an id."""

    def __init__(self, call_id: str, transport: WSTransport, *, tally: Tally, tell: Callable[[Played], None]) -> None:
        self._call_id = call_id
        self._transport = transport
        self._tally = tally
        self._tell = tell
        self._is_paused = False
        self._spoke_at = float("-inf")
        self._last: Sound | None = None
        self._refused: Sound | None = None
        self._repeated: Sound | None = None
        self._sounds_by_mark: dict[str, Sound] = {}  # by the mark that was sent behind it
        self._marks = 0

    def pause_writing(self, is_paused: bool) -> None:
        """Note whether the peer reads too slowly to be sent more."""
        self._is_paused = is_paused

    def may_speak(self, now: float) -> bool:
        """Say whether a sound may be sent now."""
        return not self._is_paused and now - self._spoke_at >= _BETWEEN_SOUNDS_S

    def speak(self, sound: Sound, now: float) -> None:
        """Send a sound to the people on the call; ask `may_speak` first."""
        if self._transport.is_disconnected:
            self._finish(sound, is_whole=False)
            return
        self._transport.send(WSMsgType.TEXT, played_back(sound.payload))
        self._last, self._spoke_at = sound, now
        if sound.id:
            self._marks += 1
            self._sounds_by_mark[str(self._marks)] = sound
            self._transport.send(WSMsgType.TEXT, marked(str(self._marks)))

    def silence(self) -> None:
        """Stop what is being played."""
        if not self._transport.is_disconnected:
            self._transport.send(WSMsgType.TEXT, cleared())
        self.end()

    def hear_mark(self, name: str) -> None:
        """Take in that everything before a mark has been played."""
        self._conclude([name], is_whole=True)

    def hear_refusal(self) -> None:
        """Keep the sound that came too early, to be sent once more; give it up if that was its second time.

        Its mark comes back although it was not played to its end.
        """
        refused = self._take_back()
        if refused is None:
            return
        if refused is self._repeated:
            self._drop(refused)
        else:
            self._refused = refused

    def hear_failure(self) -> None:
        """Give up the sound that the carrier will not play; its mark comes back although it was not played."""
        self._drop(self._take_back())

    def _take_back(self) -> Sound | None:
        """Return the sound that a complaint is about, None where the last one was played or silenced already."""
        sound, self._last = self._last, None
        self._sounds_by_mark = {mark: waits for mark, waits in self._sounds_by_mark.items() if waits is not sound}
        return sound

    def _drop(self, sound: Sound | None) -> None:
        if sound is not None:
            self._tally.add("payloads_dropped")
            self._finish(sound, is_whole=False)

    def take_refused(self) -> Sound | None:
        """Return the sound that came too early, once."""
        refused, self._refused = self._refused, None
        self._repeated = refused or self._repeated
        return refused

    def end(self) -> None:
        """Report every sound that was not played to its end."""
        refused, self._refused = self._refused, None
        self._last = None
        if refused is not None:
            self._finish(refused, is_whole=False)
        self._conclude(list(self._sounds_by_mark), is_whole=False)

    def _conclude(self, marks: Iterable[str], *, is_whole: bool) -> None:
        for sound in (self._sounds_by_mark.pop(mark, None) for mark in marks):
            if sound is not None:
                self._last = None if sound is self._last else self._last
                self._finish(sound, is_whole=is_whole)

    def _finish(self, sound: Sound, *, is_whole: bool) -> None:
        if sound.id:
            self._tell(Played(self._call_id, sound.id, is_whole))
