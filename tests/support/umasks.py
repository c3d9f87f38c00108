"""Another umask for the time of a block."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def umask(mask: int) -> Iterator[None]:
    """Take these rights off whatever this process makes meanwhile."""
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)
