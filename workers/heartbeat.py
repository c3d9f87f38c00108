"""A heartbeat per loop: a file stamped after every step, in seconds since boot, read by `workers.healthcheck`."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from orchestrator.clock import boot_seconds
from workers.loops import Loop


def beat(folder: Path, name: str) -> None:
    """Show that the loop of this name has just turned; what the disk does not take is missed, and ends no loop."""
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
        now = boot_seconds()  # whoever sets the clock makes no loop stale, and none fresh
        os.utime(folder / name, (now, now))


def with_heartbeat(loop: Loop, folder: Path | None) -> Loop:
    """Return the loop with a heartbeat in `folder`, or as it is without one.

    It beats after a step that failed too: a loop that turns in vain is alive, for a restart heals no store.
    """
    if folder is None:
        return loop

    def step() -> object:
        try:
            return loop.step()
        finally:
            beat(folder, loop.name)

    return replace(loop, step=step)
