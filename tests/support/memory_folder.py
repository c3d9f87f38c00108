"""Where the embedded servers of a test run keep their data: in memory, where a machine has room for it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

_TMPFS = Path("/dev/shm")
_ROOM_BYTES = 4 * 1024**3


def memory_folder() -> str | None:
    """Return a folder in memory with room for several servers; None, for the usual temporary folder, where none is.

    A copy of the schema is a thousand small files: making and forgetting them on a disk takes half of a test run.
    """
    try:
        has_room = shutil.disk_usage(_TMPFS).free >= _ROOM_BYTES
    except OSError:
        return None
    return str(_TMPFS) if has_room and os.access(_TMPFS, os.W_OK) else None
