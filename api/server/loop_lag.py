"""Measures how late the loop of a process is: by how much a timer goes off behind its time."""

from __future__ import annotations

import asyncio
import time

from orchestrator.counts import observe
from orchestrator.model.metric import Metric

_EVERY_S = 1.0


async def watch_lag(*, every_s: float = _EVERY_S) -> None:
    """Count how late this loop is, every so many seconds, until the task is canceled."""
    while True:
        due = time.monotonic() + every_s
        await asyncio.sleep(every_s)
        observe(Metric.EVENT_LOOP_LAG_S, max(0.0, time.monotonic() - due))
