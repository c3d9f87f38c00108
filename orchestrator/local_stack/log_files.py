"""Log files with a bounded size; a full disk does not stop their writers."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

LONGEST = 8 * 2**20  # bytes; as much again is kept in the previous file


def open_append(log: Path) -> BinaryIO:
    """Open a log in append mode, readable by its owner alone; appending works after truncation too."""
    return os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")


def add_line(log: Path, line: str, *, at: datetime) -> None:
    """Append one line with its time; on a full disk the line is lost."""
    with suppress(OSError), open_append(log) as file:
        file.write(f"{at:%Y-%m-%dT%H:%M:%SZ} {line}\n".encode())


def truncate_log(log: Path, *, longest: int = LONGEST) -> None:
    """Move the contents of a log longer than `longest` bytes to `NAME.1`; its writer goes on with an empty file.

    If the disk is too full for the copy, the log is emptied all the same.
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
