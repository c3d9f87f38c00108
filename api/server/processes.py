"""Runs the same work in several processes that end together."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress

_PR_SET_PDEATHSIG = 1


def run_in_processes(work: Callable[[], None], *, count: int) -> None:
    """Run `work` here, or in `count` children that are all asked to end as soon as one of them ends."""
    if count == 1:
        work()
        return
    children = {_fork(work, parent=os.getpid()) for _ in range(count)}
    asked = False

    def end_all(*_: object) -> None:
        nonlocal asked
        asked = True
        _end(children)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end_all)
    failed = False
    while children:
        pid, status = os.wait()
        children.discard(pid)
        failed = failed or not _ended_well(status, asked=asked)
        _end(children)
    sys.exit(failed)


def _ended_well(status: int, *, asked: bool) -> bool:
    """Return whether a child ended by itself, or because all were asked to, which it may have been as it started."""
    return status == 0 or (asked and os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGTERM)


def _fork(work: Callable[[], None], *, parent: int) -> int:
    pid = os.fork()
    if pid:
        return pid
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() == parent:
        work()
    os._exit(0)


def _end(children: set[int]) -> None:
    for pid in children:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
