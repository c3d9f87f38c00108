"""The body of a request while it arrives: a little of it in memory, the rest in a file that has no name."""

from __future__ import annotations

import io
import tempfile
from contextlib import suppress
from typing import IO

from api.server.limits import IN_MEMORY, Limits


class Store:
    """Counts what the bodies of this process hold, in memory and on disk."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self.in_memory = 0
        self.on_disk = 0

    @property
    def is_over_memory(self) -> bool:
        """Say whether bodies hold more memory than they may."""
        return self.in_memory > self._limits.memory_bytes

    def has_room_for(self, size: int) -> bool:
        """Say whether an upload of so many bytes may come."""
        return self.on_disk + size <= self._limits.uploads_bytes

    def new_file(self) -> IO[bytes]:
        """Return a file that vanishes with its process, even one that is killed."""
        self._limits.uploads_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return tempfile.TemporaryFile(dir=self._limits.uploads_folder)


class Body:
    """What has come of one body so far."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept = bytearray()  # one, lest a body in tiny chunks cost many times its size
        self._file: IO[bytes] | None = None
        self._pending = 0
        self.size = 0

    def add(self, piece: bytes) -> None:
        """Take the next bytes in, in memory."""
        self._kept += piece
        self._count(memory=len(piece))
        self.size += len(piece)

    @property
    def wants_disk(self) -> bool:
        """Say whether what is in memory is more than one body may hold there."""
        return self._pending > IN_MEMORY

    def write_down(self) -> None:
        """Move what is in memory to the file; raises OSError where it does not take it. Runs beside the loop."""
        self._file = self._file or self._store.new_file()
        self._file.write(self._kept)

    def written_down(self) -> None:
        """Count what `write_down` has moved."""
        self._count(memory=-self._pending, disk=self._pending)
        self._kept.clear()

    @property
    def on_disk(self) -> int:
        """Return how much of it lies on disk."""
        return self.size - self._pending

    def in_memory(self) -> bytes:
        """Return the whole body of a request that may have no more than memory holds."""
        return bytes(self._kept)

    def opened(self) -> IO[bytes]:
        """Return the whole body, to be read from its start; may write its file, and raise OSError like `write_down`."""
        if self._file is None:
            return io.BytesIO(self._kept)
        self._file.write(self._kept)
        self._file.seek(0)
        return self._file

    def drop(self) -> None:
        """Forget all of it."""
        self._count(memory=-self._pending, disk=-self.on_disk)
        self.size = 0
        self._kept.clear()
        self.close()

    def close(self) -> None:
        """Give the file's room back; safe to repeat."""
        if self._file is not None:
            with suppress(OSError):  # what a full disk did not take is no longer wanted
                self._file.close()

    def _count(self, *, memory: int, disk: int = 0) -> None:
        self._pending += memory
        self._store.in_memory += memory
        self._store.on_disk += disk
