"""`python -m workers.healthcheck FOLDER` ends with status 0 while every heartbeat in FOLDER is fresh."""

from __future__ import annotations

import sys
from pathlib import Path

from orchestrator.clock import boot_seconds

FRESH_S = 120.0  # longer than any step may take: the slowest waits for the carrier's bounded answers


def stale(folder: Path, *, now: float) -> list[str]:
    """Return the loops that have not turned lately, `now` being in seconds since boot; without any it is stale."""
    beats = sorted(folder.glob("*")) if folder.is_dir() else []
    if not beats:
        return ["no heartbeat yet"]
    return [file.name for file in beats if not 0 <= now - file.stat().st_mtime <= FRESH_S]


def main() -> None:
    """Exit with 0, or with 1 and the names of the stale loops on stderr."""
    sys.exit(", ".join(stale(Path(sys.argv[1]), now=boot_seconds())) or 0)


if __name__ == "__main__":
    main()
