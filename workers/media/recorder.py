"""A track on its way to disk: pieces in any order in, a file and its description out."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Literal

from orchestrator.clock import Clock
from orchestrator.media.captured import Capture, CapturedTrack
from orchestrator.media.reorder import NEVER_WRAPS, RTP_MODULUS, Arrival, Reorder

from .tally import Tally

log = logging.getLogger(__name__)

_NAMES_TRIED = 100


class Recorder:
    """Opens tracks below one folder, `<folder>/<call id>/`; a disk that fails costs the sound and nothing else."""

    def __init__(self, folder: Path, *, clock: Clock, tally: Tally) -> None:
        self._folder = folder
        self._clock = clock
        self._tally = tally

    def open_stream(self, call_id: str, track: str, *, codec: str, sample_rate: int, channels: int) -> RecordedTrack:
        """Begin a track of a stream."""
        begun = self._begun("stream", track, codec=codec, sample_rate=sample_rate, channels=channels)
        return RecordedTrack(self._open(call_id, begun), clock=self._clock, tally=self._tally)

    def open_fork(self, folder: str, track: str, *, codec: str) -> RecordedTrack:
        """Begin a track of a fork, whose pieces bear the numbers of RTP."""
        begun = self._begun("fork", track, codec=codec)
        return RecordedTrack(self._open(folder, begun), clock=self._clock, tally=self._tally, modulus=RTP_MODULUS)

    def _begun(
        self, source: Literal["stream", "fork"], track: str, *, codec: str, sample_rate: int = 8_000, channels: int = 1
    ) -> Capture:
        return Capture(
            file="",
            source=source,
            track=track,
            codec=codec,
            sample_rate=sample_rate,
            channels=channels,
            started_at=self._clock(),
        )

    def _open(self, folder: str, begun: Capture) -> CapturedTrack | None:
        stamp = f"{begun.source}-{begun.started_at:%Y%m%d-%H%M%S}"
        try:
            for number in range(1, _NAMES_TRIED):
                try:
                    named = begun.model_copy(update={"file": f"{stamp}-{number}-{begun.track}"})
                    return CapturedTrack(self._folder / folder, named)
                except FileExistsError:
                    continue
        except OSError as err:
            log.warning("a track cannot be written: %s", err.strerror, extra={"call_id": folder})
        self._tally.add("tracks_unwritten")
        return None


class RecordedTrack:
    """One track that is being recorded; without a file it is only counted."""

    __slots__ = ("_clock", "_file", "_order", "_tally")

    def __init__(self, file: CapturedTrack | None, *, clock: Clock, tally: Tally, modulus: int = NEVER_WRAPS) -> None:
        self._file = file
        self._clock = clock
        self._tally = tally
        self._order = Reorder(_forget if file is None else file.add, modulus=modulus)
        tally.add("tracks")

    def push(self, number: int, payload: bytes) -> None:
        """Take a piece in."""
        try:
            self._order.push(number, payload)
        except OSError as err:
            self._give_up(err)

    def close(self) -> Arrival:
        """Finish the file and return how the track arrived."""
        try:
            self._order.flush()
            if self._file is not None:
                self._file.close(self._order.arrival(), at=self._clock())
        except OSError as err:
            self._give_up(err)
        arrival = self._order.arrival()
        self._tally.add("pieces", arrival.received)
        self._tally.add("pieces_lost", arrival.lost)
        return arrival

    def _give_up(self, err: OSError) -> None:
        """Let the file be; its next piece would fail as this one did."""
        log.warning("a track cannot be written any more: %s", err.strerror)
        self._tally.add("tracks_unwritten")
        self._file = None
        self._order.give(_forget)


def _forget(_piece: bytes | None) -> None:
    return
