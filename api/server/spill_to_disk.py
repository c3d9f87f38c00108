"""Moves what has come of an upload from memory to disk, beside the loop."""

from __future__ import annotations

import logging
from collections.abc import Callable

from api.server.body import Body
from api.server.shared import ServerState
from api.server.thread_pools import ThreadPool

_log = logging.getLogger(__name__)


def spill(state: ServerState, body: Body, done: Callable[[bool], None]) -> None:
    """Have it written in a thread; `done` is called in the loop with whether the disk has taken it."""

    def write() -> None:
        try:
            body.write_down()
        except OSError:
            _log.exception("an upload cannot be kept")
            state.loop.call_soon_threadsafe(done, False)
        else:
            state.loop.call_soon_threadsafe(done, True)

    state.pools.put(ThreadPool.DISK, write)
