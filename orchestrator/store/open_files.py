"""Says whether this process may open no more files: its drivers then tell only that a connection is bad."""

from __future__ import annotations

import errno
import os


def may_open_no_more() -> bool:
    """Say whether not even one more file can be opened now."""
    try:
        os.close(os.open(os.devnull, os.O_RDONLY))
    except OSError as err:
        return err.errno in (errno.EMFILE, errno.ENFILE)
    return False
