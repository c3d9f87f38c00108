"""Bodies that are sent as they are, in pieces, and from their beginning at each attempt."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from io import SEEK_END
from pathlib import Path
from typing import IO

from anyio import to_thread

Source = str | bytes | Path | IO[bytes]
"""What is uploaded: a text, bytes, the file at a path, or a file opened in binary mode, from where it stands."""

_PIECE = 65_536


class Upload:
    """A body; it is read while it is sent, so a file may be larger than the memory."""

    def __init__(self, source: Source) -> None:
        self._source = source.encode() if isinstance(source, str) else source
        self.may_be_repeated = isinstance(self._source, bytes | Path) or self._source.seekable()
        self._start = 0 if isinstance(self._source, bytes | Path) or not self.may_be_repeated else self._source.tell()

    def size(self) -> int | None:
        """Return its size in bytes; None if that is known only at its end."""
        source = self._source
        if isinstance(source, bytes):
            return len(source)
        if isinstance(source, Path):
            return source.stat().st_size if source.is_file() else None
        return source.seek(0, SEEK_END) - self._start if self.may_be_repeated else None

    def pieces(self) -> Iterator[bytes]:
        """Yield all of it, from the beginning."""
        source = self._source
        if isinstance(source, bytes):
            yield source
        elif isinstance(source, Path):
            with source.open("rb") as file:
                yield from iter(lambda: file.read(_PIECE), b"")
        else:
            if self.may_be_repeated:
                source.seek(self._start)
            yield from iter(lambda: source.read(_PIECE), b"")

    async def pieces_async(self) -> AsyncIterator[bytes]:
        """Yield all of it, from the beginning; files are read in a thread."""
        pieces = self.pieces()
        while piece := await to_thread.run_sync(next, pieces, b""):
            yield piece
