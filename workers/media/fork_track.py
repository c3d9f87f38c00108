"""One direction of one fork: packets in any order in, a file for each codec that it speaks for a while out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from orchestrator.media.companding import EXPANDERS
from orchestrator.media.reorder import RTP_MODULUS, Arrival, Reorder
from orchestrator.media.rtp import CODECS, Rtp, carries_audio
from workers.media.recorder import RecordedFile
from workers.media.tally import Tally

_LASTING = 5  # packets of another codec, a tenth of a second: not an outlier
_MOST_FILES = 20
_AHEAD_S = 10.0  # how far silence may run before the clock: a fork that is silent for longer has ended
_SAMPLE_RATE = 8_000  # of G.711, the only codecs whose timestamps are looked at
_MOST_TIMESTAMP = 0xFFFFFFFF


class ForkTrack:
    """Sound lies in the file where its timestamp says; whatever else was sent or lost in between is silence there."""

    __slots__ = ("_add", "_base", "_began_at", "_begun", "_due", "_file", "_files", "_is_timed", "_last", "_missing",
                 "_open_file", "_order", "_others", "_payload_type", "_soundless", "_tally", "heard_at")  # fmt: skip

    def __init__(self, open_file: Callable[[str], RecordedFile], *, tally: Tally) -> None:
        self._open_file = open_file
        self._tally = tally
        self._order = Reorder(self._take, modulus=RTP_MODULUS)
        self._payload_type = -1  # none, until the first sound
        self._files = 0
        self._others: list[Rtp] = []
        self._due = self._base = 0
        self._missing = 0
        self._last = 160
        self._soundless = 0
        self._begun = Arrival()
        self.heard_at = 0.0

    def push(self, rtp: Rtp, now: float) -> None:
        """Take a packet in that came at `now`, in seconds of a clock that only goes forward."""
        self.heard_at = now
        try:
            self._order.push(rtp[1], rtp)
        except OSError as err:
            self._give_up(err)

    def close(self) -> None:
        """Finish the file, if there was any sound."""
        try:
            self._order.flush()
        except OSError as err:
            self._give_up(err)
        if self._others:
            self._drop_others()
        if self._files:
            self._file.close(self._order.arrival().since(self._begun), soundless=self._soundless)

    def _take(self, rtp: Rtp | None) -> None:
        """Take the next packet in order; None is one that never came."""
        if rtp is None:
            self._missing += 1
            return
        payload_type, _, timestamp, _, payload = rtp
        if payload_type != self._payload_type:
            self._take_other(rtp)
            return
        if self._others:
            self._drop_others()
        if timestamp != self._due and self._is_timed:
            self._fill_up_to(timestamp)
        self._last = len(payload) or self._last
        self._due = (timestamp + len(payload)) & _MOST_TIMESTAMP
        self._add(payload)

    def _take_other(self, rtp: Rtp) -> None:
        """Count what is no sound; follow another codec once it seems to last."""
        if not carries_audio(rtp):
            self._soundless += 1
            self._tally.add("packets_without_sound")
            return
        if self._others and self._others[-1].payload_type != rtp.payload_type:
            self._drop_others()
        self._others.append(rtp)
        if self._files == _MOST_FILES:
            self._drop_others()
        elif len(self._others) >= _LASTING or not self._files:
            self._follow()

    def _drop_others(self) -> None:
        self._soundless += len(self._others)
        self._tally.add("packets_of_other_codecs", len(self._others))
        self._others.clear()

    def _follow(self) -> None:
        """Begin a file of the codec that is spoken now, with what has come of it."""
        others, self._others = self._others, []
        if self._files:
            self._end_file(before=len(others))
        first = others[0]
        codec = CODECS.get(first.payload_type, f"RTP-{first.payload_type}")
        self._file = self._open_file(codec)
        self._files += 1
        self._add = self._file.add
        self._payload_type, self._is_timed = first.payload_type, codec in EXPANDERS
        self._base = self._due = first.timestamp
        self._began_at, self._missing = self.heard_at, 0
        for rtp in others:
            self._take(rtp)

    def _end_file(self, *, before: int) -> None:
        """Finish the file with what arrived before the newest packets, which belong to the next one."""
        arrival = self._order.arrival()
        ended = replace(arrival, received=arrival.received - before)
        self._file.close(ended.since(self._begun), soundless=self._soundless)
        self._begun, self._soundless = ended, 0

    def _fill_up_to(self, timestamp: int) -> None:
        """Lay silence up to `timestamp`, but not far beyond what the clock says has passed.

        A sender that has leapt there or back is followed without; then what was lost is as long as what came before.
        """
        ahead = (timestamp - self._due) & _MOST_TIMESTAMP
        written = (self._due - self._base) & _MOST_TIMESTAMP
        missing, self._missing = self._missing, 0
        if written + ahead > (self.heard_at - self._began_at + _AHEAD_S) * _SAMPLE_RATE:
            self._tally.add("timestamps_leapt")
            ahead = missing * self._last
            self._base = (timestamp - written - ahead) & _MOST_TIMESTAMP
        self._file.add_silence(ahead)

    def _give_up(self, err: OSError) -> None:
        self._file.give_up(err)
        self._add = self._file.add
