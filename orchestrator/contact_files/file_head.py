"""The beginning of a file, of whatever length: what a preview reads."""

from __future__ import annotations

import io

from orchestrator.contact_files.byte_lines import Readable

_SLACK = 1 << 20  # more than one row and the row below it may have: what begins in the head is read whole
_PIECE = 1 << 16


class FileHead:
    """The first bytes of a file; rows that begin within `size` of them are whole."""

    def __init__(self, file: Readable, *, size: int) -> None:
        data = _taken(file, size + _SLACK + 1)
        self.is_whole = len(data) <= size + _SLACK
        self._size = size
        self._bytes = io.BytesIO(data[: size + _SLACK])

    def read(self, size: int, /) -> bytes:
        """Return the next bytes of the head."""
        return self._bytes.read(size)

    def seek(self, offset: int, /) -> int:
        """Go back to the start."""
        return self._bytes.seek(offset)

    @property
    def bytes_read(self) -> int:
        """How much of it was read."""
        return self._bytes.tell()

    @property
    def is_over(self) -> bool:
        """Whether the next row might be cut off."""
        return not self.is_whole and self._bytes.tell() > self._size


def _taken(file: Readable, size: int) -> bytes:
    pieces: list[bytes] = []
    while size > 0 and (piece := file.read(min(size, _PIECE))):
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)
