"""How often a process looks for garbage in cycles."""

from __future__ import annotations

import gc


def collect_rarely() -> None:
    """Look for garbage in cycles ten times more rarely: an event makes hundreds of objects and hardly any cycle.

    It costs the advance loop a tenth of its time, and a start an eighth. What was loaded by now is never looked at
    again.
    """
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)
