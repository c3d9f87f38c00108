"""Lines of a binary file with their offsets, in constant memory however long a line is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol

_CHUNK = 1 << 16


class Readable(Protocol):
    """Anything bytes can be read from in pieces: a file, an upload, a socket's stream."""

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes; nothing at the end."""


class WholeFile(Readable, Protocol):
    """A complete file that can be read again from its start."""

    def seek(self, offset: int, /) -> int:
        """Go back to the start; the offset is always 0."""


class ByteLine(NamedTuple):
    """One line with its line ending; `data` is None for a line above the limit, whose rest is skipped."""

    number: int
    offset: int
    data: bytes | None


def byte_lines(file: Readable, *, longest: int, end: bytes = b"\n") -> Iterator[ByteLine]:
    """Yield the lines of `file` as they are read; never holds more than `longest` bytes and one chunk.

    A line that is too long is reported at once, and not at its end, which may never come.
    """
    number, start, pending, skipped = 1, 0, b"", 0
    while chunk := file.read(_CHUNK):
        *whole, pending = (pending + chunk).split(end)
        for body in whole:
            if not skipped:
                yield ByteLine(number, start, None if len(body) > longest else body + end)
            number, start, skipped = number + 1, start + skipped + len(body) + 1, 0
        if skipped or len(pending) > longest:
            if not skipped:
                yield ByteLine(number, start, None)
            pending, skipped = b"", skipped + len(pending)
    if pending:
        yield ByteLine(number, start, pending)
