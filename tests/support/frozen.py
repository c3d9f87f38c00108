"""Processes that stand still: they keep their sockets, and the kernel acknowledges for them, but nothing answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psutil


@contextmanager
def frozen(pid: int) -> Iterator[None]:
    """Stop a process and all its children for as long as the body runs."""
    server = psutil.Process(pid)
    stopped = [server, *server.children(recursive=True)]
    try:
        for process in stopped:
            process.suspend()
        yield
    finally:
        for process in stopped:
            with suppress(psutil.NoSuchProcess):
                process.resume()
