"""Log files that stay short, and that cost nobody's life when the disk is full."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

LONGEST = 8 * 2**20  # bytes; as much again is kept of what was written before


def open_append(log: Path) -> BinaryIO:
    """Open a log that only its owner may read; whatever writes to it writes at its end, even when it was emptied."""
    return os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")


def add_line(log: Path, line: str, *, at: datetime) -> None:
    """Append one line with its time; a line for which there is no room is lost, and nothing else."""
    with suppress(OSError), open_append(log) as file:
        file.write(f"{at:%Y-%m-%dT%H:%M:%SZ} {line}\n".encode())


def truncate_log(log: Path, *, longest: int = LONGEST) -> None:
    """Move what a long log holds to `NAME.1`, in place of what was there; its writer goes on with an empty file.

    Without room for the copy it is emptied all the same, for that makes room.
    """
    with suppress(OSError):
        if log.stat().st_size <= longest:
            return
        with suppress(OSError):
            shutil.copyfile(log, _draft(log))
            _draft(log).chmod(0o600)
            _draft(log).replace(log.with_name(f"{log.name}.1"))
        _draft(log).unlink(missing_ok=True)
        os.truncate(log, 0)


def _draft(log: Path) -> Path:
    return log.with_name(f"{log.name}.1.new")
