"""Lines of a binary file with their places, in flat memory however long a line is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol

_CHUNK = 1 << 16


class Readable(Protocol):
    """Anything bytes can be read from in pieces: a file, an upload, a socket's stream."""

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes; nothing at the end."""


class WholeFile(Readable, Protocol):
    """A file that has arrived whole, and can be read once more from its start."""

    def seek(self, offset: int, /) -> int:
        """Go back to the start; nobody asks for another place than 0."""


class ByteLine(NamedTuple):
    """One line with its line ending; `data` is None for one that is longer than the cap, whose rest is passed over."""

    number: int
    offset: int
    data: bytes | None


def byte_lines(file: Readable, *, longest: int, end: bytes = b"\n") -> Iterator[ByteLine]:
    """Yield the lines of `file` as they are read; never holds more than `longest` bytes and one chunk.

    A line that is too long is told as soon as it is, and not at its end, which may never come.
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
