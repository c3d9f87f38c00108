"""A track on its way to disk: pieces in any order in, a file and its description out."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from orchestrator.clock import Clock
from orchestrator.media.capture_files import Capture, CapturedTrack
from orchestrator.media.reorder import NEVER_WRAPS, Arrival, Reorder
from workers.media.tally import Tally

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
        return RecordedTrack(self._open(call_id, begun))

    def open_fork(self, folder: str, track: str, *, codec: str) -> RecordedFile:
        """Begin a file of a fork."""
        return self._open(folder, self._begun("fork", track, codec=codec))

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

    def _open(self, folder: str, begun: Capture) -> RecordedFile:
        return RecordedFile(self._create(folder, begun), clock=self._clock, tally=self._tally)

    def _create(self, folder: str, begun: Capture) -> CapturedTrack | None:
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


class RecordedFile:
    """A file that is being recorded; one that could not be opened, or fails, takes no sound and is counted."""

    __slots__ = ("_clock", "_file", "_tally", "add", "add_silence")

    def __init__(self, file: CapturedTrack | None, *, clock: Clock, tally: Tally) -> None:
        self._file = file
        self._clock = clock
        self._tally = tally
        self.add: Callable[[bytes | None], object] = _forget if file is None else file.add
        self.add_silence: Callable[[int], object] = _forget if file is None else file.add_silence
        tally.add("tracks")

    def give_up(self, err: OSError) -> None:
        """Let the file be: its next piece would fail as this one did. Whoever holds `add` is to ask for it again."""
        log.warning("a track cannot be written any more: %s", err.strerror)
        self._tally.add("tracks_unwritten")
        self._file = None
        self.add = self.add_silence = _forget

    def close(self, arrival: Arrival, *, soundless: int = 0) -> None:
        """Finish the file, and count how it arrived."""
        try:
            if self._file is not None:
                self._file.close(arrival, at=self._clock(), soundless=soundless)
        except OSError as err:
            self.give_up(err)
        self._tally.add("pieces", arrival.received)
        self._tally.add("pieces_lost", arrival.lost)


class RecordedTrack:
    """One track of a stream that is being recorded."""

    __slots__ = ("_file", "_order")

    def __init__(self, file: RecordedFile) -> None:
        self._file = file
        self._order = Reorder(file.add, modulus=NEVER_WRAPS)

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
        except OSError as err:
            self._give_up(err)
        arrival = self._order.arrival()
        self._file.close(arrival)
        return arrival

    def _give_up(self, err: OSError) -> None:
        self._file.give_up(err)
        self._order.set_output(self._file.add)


def _forget(_sound: object) -> None:
    return
