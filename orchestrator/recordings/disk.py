"""Recordings kept as files in a folder; a file is there whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from orchestrator.errors import Gone, StoreUnavailable

_CHUNK: Final = 65_536


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

    def read(self, name: str) -> Iterator[bytes]:
        """Return the pieces of a file that is open already; raises Gone when there is none."""
        try:
            file = (self._folder / name).open("rb")
        except FileNotFoundError as err:
            raise Gone("file_missing", "The file of this recording is no longer where it was kept.") from err
        except OSError as err:
            raise StoreUnavailable(f"the folder of recordings ({err.strerror})") from err

        def pieces() -> Iterator[bytes]:
            with file:
                while piece := file.read(_CHUNK):
                    yield piece

        return pieces()

    def remove(self, name: str) -> None:
        """Remove a file; safe to repeat. Raises StoreUnavailable."""
        try:
            (self._folder / name).unlink(missing_ok=True)
        except OSError as err:
            raise StoreUnavailable(f"the folder of recordings ({err.strerror})") from err


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
