"""Reads a file, or a byte range of it, in chunks."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Final, Protocol

_CHUNK: Final = 65_536


@dataclass(frozen=True)
class ByteRange:
    """`length` bytes, one at least, from byte `start` on, which counts from 0."""

    start: int
    length: int

    @property
    def end(self) -> int:
        """Return the byte that follows the last one."""
        return self.start + self.length


class Source(Protocol):
    """An open source of bytes."""

    def read(self, amount: int, /) -> bytes:
        """Return up to `amount` bytes, nothing at the end."""

    def close(self) -> None:
        """Close the source."""


class ByteChunks:
    """Iterator over the chunks of an open source, up to `length` bytes; closes it at its end and with `close`."""

    def __init__(self, source: Source, *, length: int | None = None) -> None:
        self._source = source
        self._left = sys.maxsize if length is None else length

    def __iter__(self) -> ByteChunks:
        """Return itself."""
        return self

    def __next__(self) -> bytes:
        """Return the next chunk, 64 KiB at most."""
        piece = self._source.read(min(_CHUNK, self._left)) if self._left else b""
        self._left -= len(piece)
        if not piece:
            self.close()
            raise StopIteration
        return piece

    def close(self) -> None:
        """Close the source; safe to repeat."""
        self._source.close()
