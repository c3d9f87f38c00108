"""Checks whether the disk of a folder has space left for the stores."""

from __future__ import annotations

import shutil
from pathlib import Path

LEAST_ROOM = 16 * 2**20  # bytes: PostgreSQL's next segment of its log, without which it stops


def has_room(folder: Path) -> bool:
    """Return whether the disk of a folder has space for the stores; False where that cannot be found out."""
    try:
        return shutil.disk_usage(folder).free >= LEAST_ROOM
    except OSError:
        return False
