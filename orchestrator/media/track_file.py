"""One track of a call on disk: G.711 as a WAV file, every other codec raw."""

from __future__ import annotations

import wave
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Protocol

from orchestrator.media.companding import EXPANDERS

MOST_S = 14_400  # no call is longer
_PIECES_AT_ONCE = 50
_SILENCE_AT_ONCE = 8_000
_MOST_RAW_BYTES = MOST_S * 16_000


class _Sink(Protocol):
    def write(self, pieces: list[bytes]) -> None:
        """Append these pieces to the file."""

    def close(self) -> None:
        """Finish the file."""


class TrackFile:
    """Writes chunks in order, a second at a time; None is a lost chunk and becomes silence.

    Raises FileExistsError when the file is there already. What has been written stays readable if the process dies.
    """

    def __init__(self, stem: Path, *, codec: str, sample_rate: int = 8_000, channels: int = 1) -> None:
        is_g711 = codec in EXPANDERS
        self.path = stem.with_name(stem.name + (".wav" if is_g711 else ".raw"))
        self.is_cut = False
        self._room = MOST_S * sample_rate * channels if is_g711 else _MOST_RAW_BYTES
        self._pieces: list[bytes] = []
        self._silence = EXPANDERS[codec][1] if is_g711 else b""
        self._last = 160
        # Buffered by hand, so that a thousand files do not each hold a buffer of their own.
        file = self.path.open("xb", buffering=0)
        self._sink: _Sink = _Wav(file, EXPANDERS[codec][0], sample_rate, channels) if is_g711 else _Raw(file)

    def add(self, piece: bytes | None) -> None:
        """Append one chunk; nothing is kept beyond four hours, and `is_cut` is set."""
        if piece is None:
            piece = self._silence * self._last
        elif piece:
            self._last = len(piece)
        self._pieces.append(piece)
        if len(self._pieces) >= _PIECES_AT_ONCE:
            self.write_out()

    def add_silence(self, samples: int) -> None:
        """Append silence of any length; only for codecs with known silence (G.711)."""
        for begun in range(0, samples, _SILENCE_AT_ONCE):
            self._pieces.append(self._silence * min(_SILENCE_AT_ONCE, samples - begun))
            if len(self._pieces) >= _PIECES_AT_ONCE:
                self.write_out()

    def write_out(self) -> None:
        """Write the buffered chunks; raises OSError when the disk is full or broken."""
        pieces, self._pieces = self._pieces, []
        size = sum(map(len, pieces))
        if size > self._room:
            self.is_cut = True
        elif size:
            self._room -= size
            self._sink.write(pieces)

    def close(self) -> None:
        """Write the rest and finish the file; safe to repeat."""
        try:
            self.write_out()
        finally:
            self._sink.close()


class _Wav:
    def __init__(self, file: BinaryIO, expand: Callable[[bytes], bytes], sample_rate: int, channels: int) -> None:
        self._file = file
        self._expand = expand
        self._wav = wave.open(file, "wb")  # noqa: SIM115 it lives as long as the track
        self._wav.setparams((channels, 2, sample_rate, 0, "NONE", "not compressed"))
        self._wav.writeframes(b"")

    def write(self, pieces: list[bytes]) -> None:
        # `writeframes`, not `writeframesraw`: it mends the header each time, so a crash leaves a whole file.
        self._wav.writeframes(self._expand(b"".join(pieces)))

    def close(self) -> None:
        self._wav.close()
        self._file.close()


class _Raw:
    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def write(self, pieces: list[bytes]) -> None:
        self._file.write(b"".join(pieces))

    def close(self) -> None:
        self._file.close()
