"""Duration of a RIFF/WAVE file, by its contents and not only by its header."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from mmap import mmap
from typing import Final

_CHUNK_HEAD: Final = 8
_FIRST_CHUNK: Final = 12
_NO_LENGTH: Final = (0, 0xFFFF_FFFF)  # what writers that stream put where a length belongs


@dataclass(frozen=True, slots=True)
class AudioLength:
    """Seconds of audio that are present, and seconds that the header declares."""

    present_s: float
    declared_s: float


def wav_length(data: mmap) -> AudioLength | None:
    """Return the length of a WAVE file; None where this is none."""
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        return None
    chunks = dict(_chunks(data))
    bytes_per_s = _bytes_per_s(data, *chunks.get(b"fmt ", (0, 0)))
    if not bytes_per_s:
        return None
    begin, declared = chunks.get(b"data", (len(data), 0))
    here = len(data) - begin
    meant = here if declared in _NO_LENGTH else declared
    return AudioLength(min(here, meant) / bytes_per_s, meant / bytes_per_s)


def _chunks(data: mmap) -> Iterator[tuple[bytes, tuple[int, int]]]:
    """Yield each chunk's name with the place of its contents and the length it says it has."""
    at = _FIRST_CHUNK
    while at + _CHUNK_HEAD <= len(data):
        name, size = struct.unpack_from("<4sI", data, at)
        yield name, (at + _CHUNK_HEAD, size)
        if name == b"data" and size in _NO_LENGTH:
            return
        at += _CHUNK_HEAD + size + size % 2


def _bytes_per_s(data: mmap, at: int, size: int) -> int:
    if size < 16 or at + 16 > len(data):
        return 0
    _codec, channels, rate, per_s, _block, bits = struct.unpack_from("<HHIIHH", data, at)
    return int(per_s or rate * channels * bits // 8)
