"""`python -m workers.healthcheck FOLDER` ends with status 0 while every heartbeat in FOLDER is fresh."""

from __future__ import annotations

import sys
import time
from pathlib import Path

FRESH_S = 120.0  # longer than any step may take: the slowest waits for the carrier's bounded answers


def stale(folder: Path, *, now: float) -> list[str]:
    """Return the loops that have not turned lately, `now` being in Unix seconds; a folder without any is stale too."""
    beats = sorted(folder.glob("*")) if folder.is_dir() else []
    return [file.name for file in beats if now - file.stat().st_mtime > FRESH_S] if beats else ["no heartbeat yet"]


def main() -> None:
    """Exit with 0, or with 1 and the names of the stale loops on stderr."""
    sys.exit(", ".join(stale(Path(sys.argv[1]), now=time.time())) or 0)


if __name__ == "__main__":
    main()
