"""What this process has counted and not told yet: a lock and an addition each, no trip anywhere.

Like its log, a process has one. `orchestrator.store.redis.told_counts` adds it to the counts of all processes.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import Counter

from orchestrator.model.metric import BOUNDS_S, COUNTED, LABELS, Metric

SEPARATOR = "|"
SUM = "us"  # whole microseconds: Redis adds integers exactly

_lock = threading.Lock()
_counted: Counter[str] = Counter()


def count(metric: Metric, *labels: str, by: int = 1) -> None:
    """Add to a counter; `labels` are the values of its labels, in their order."""
    field = _field(metric, labels)
    with _lock:
        _counted[field] += by


def observe(metric: Metric, seconds: float, *labels: str) -> None:
    """Count how long something took in a histogram."""
    field = _field(metric, labels)
    bucket = bisect_left(BOUNDS_S[metric], seconds)
    with _lock:
        _counted[f"{field}{SEPARATOR}{bucket}"] += 1
        _counted[f"{field}{SEPARATOR}{SUM}"] += round(seconds * 1_000_000)


def take_counts() -> dict[str, int]:
    """Return what was counted since the last time, by `metric|labels…`, of a histogram `…|bucket` and `…|us`."""
    global _counted
    with _lock:
        taken, _counted = _counted, Counter()
    return dict(taken)


def _field(metric: Metric, labels: tuple[str, ...]) -> str:
    assert metric in COUNTED and len(labels) == len(LABELS[metric])
    return SEPARATOR.join((metric.value, *labels))
