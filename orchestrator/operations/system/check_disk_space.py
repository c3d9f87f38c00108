"""Says whether the disk of a folder has room left for the stores to work."""

from __future__ import annotations

import shutil
from pathlib import Path

LEAST_ROOM = 16 * 2**20  # bytes: PostgreSQL's next segment of its log, without which it stops


def has_room(folder: Path) -> bool:
    """Say whether the disk of a folder with stores has room for them to work; one that cannot be asked has none."""
    try:
        return shutil.disk_usage(folder).free >= LEAST_ROOM
    except OSError:
        return False
