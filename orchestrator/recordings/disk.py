"""Recordings as files in a folder; files appear atomically."""

from __future__ import annotations

import os
from pathlib import Path

from orchestrator.errors import Gone, StoreUnavailable
from orchestrator.recordings.byte_chunks import ByteChunks, ByteRange


class Disk:
    """A folder of recordings."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, draft: Path, name: str) -> None:
        """Move a draft to its name, in one step and for good; raises StoreUnavailable."""
        path = self._folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _sync(draft)
            draft.replace(path)
            _sync(path.parent)
        except OSError as err:
            raise StoreUnavailable(f"the folder of recordings ({err.strerror})") from err

    def read(self, name: str, part: ByteRange | None = None) -> ByteChunks:
        """Return the chunks of a file, or of a byte range of it; the file is open already.

        Raises StoreUnavailable, and Gone when there is no file, or none that has such a part.
        """
        path = self._folder / name
        try:
            if part and path.stat().st_size < part.end:
                raise _missing()
            file = path.open("rb")
            file.seek(part.start if part else 0)
        except FileNotFoundError as err:
            raise _missing() from err
        except OSError as err:
            raise StoreUnavailable(f"the folder of recordings ({err.strerror})") from err
        return ByteChunks(file, length=part.length if part else None)

    def remove(self, name: str) -> None:
        """Remove a file; safe to repeat. Raises StoreUnavailable."""
        try:
            (self._folder / name).unlink(missing_ok=True)
        except OSError as err:
            raise StoreUnavailable(f"the folder of recordings ({err.strerror})") from err


def _missing() -> Gone:
    return Gone("file_missing", "The file of this recording is no longer where it was kept.")


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
