"""How late the loop of a web server is, as its metric tells it."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter

from api.server.loop_lag import watch_lag
from orchestrator.counts import take_counts
from orchestrator.model.metric import Metric

_BLOCKED_S = 0.2


def test_a_loop_that_is_blocked_is_late_by_as_much() -> None:
    counted: Counter[str] = Counter()

    async def block_once() -> None:
        watching = asyncio.create_task(watch_lag(every_s=0.001))
        await asyncio.sleep(0)
        threading.Event().wait(_BLOCKED_S)
        async with asyncio.timeout(30):
            while not counted[f"{Metric.EVENT_LOOP_LAG_S}|us"]:
                await asyncio.sleep(0.001)
                counted.update(take_counts())
        watching.cancel()

    take_counts()
    asyncio.run(block_once())

    assert counted[f"{Metric.EVENT_LOOP_LAG_S}|us"] >= (_BLOCKED_S - 0.01) * 1_000_000
