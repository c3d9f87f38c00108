"""What each hop of a command takes, from the counts of the running service: its share of the whole."""

from __future__ import annotations

from itertools import pairwise

from benchmarks.measures import Measure
from orchestrator.model.hop import BOUNDS_MS, Hop
from orchestrator.store.redis.hop_counts import HopTimes, read_hops
from orchestrator.store.redis.keys import Keys
from orchestrator.store.sql.engine import open_redis

_PARTS = (0.5, 0.99)


def measure_hops(redis_url: str, when: str) -> list[Measure]:
    """Return p50 and p99 of each hop of all commands so far, beside that of the way from webhook to command."""
    with open_redis(redis_url) as client:
        hops = read_hops(client, Keys())
    found = {part: {hop: percentile(times, part) for hop, times in hops.items()} for part in _PARTS}
    return [
        Measure(f"hop {hop} p{part * 100:g}, {when}", values[hop], "ms", values[Hop.WHOLE])
        for hop in hops
        for part, values in found.items()
    ]


def percentile(times: HopTimes, part: float) -> float:
    """Return the value below which this part of them lies, as if those between two bounds were spread evenly."""
    wanted = part * times.count
    bounds, counts = (0, *BOUNDS_MS), (0, *times.at_most)
    for (low, high), (below, upto) in zip(pairwise(bounds), pairwise(counts), strict=True):
        if upto >= wanted and upto > below:
            return low + (high - low) * (wanted - below) / (upto - below)
    return float(BOUNDS_MS[-1])
