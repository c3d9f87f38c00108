"""Moves what has come of an upload from memory to disk, beside the loop."""

from __future__ import annotations

import logging
from collections.abc import Callable

from api.server.body import Body
from api.server.shared import Front
from api.server.thread_pools import Lane

_log = logging.getLogger(__name__)


def spill(front: Front, body: Body, done: Callable[[bool], None]) -> None:
    """Have it written in a thread; `done` is called in the loop with whether the disk has taken it."""

    def write() -> None:
        try:
            body.write_down()
        except OSError:
            _log.exception("an upload cannot be kept")
            front.loop.call_soon_threadsafe(done, False)
        else:
            front.loop.call_soon_threadsafe(done, True)

    front.lanes.put(Lane.DISK, write)
