"""Who waits when a machine has more to do than it can: calls that are not yet made, and nobody on the line."""

from __future__ import annotations

import os

_NICENESS = 10


def yield_to_live_calls() -> None:
    """Let every process that serves live calls have the processor before this one."""
    os.nice(_NICENESS)
