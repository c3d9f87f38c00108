"""The counts of all processes: each adds what it has counted, every few seconds, in one round trip.

So one scrape of any API process shows the whole installation, whatever died since, and nothing is counted twice.
"""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from itertools import accumulate, chain

import redis

from orchestrator.counts import SEPARATOR, SUM, take_counts
from orchestrator.ids import new_id
from orchestrator.model.metric import BOUNDS_S, COUNTED, KNOWN_FROM_THE_START, LABELS, Distribution, Metric, Reading
from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.scripts import Arg, ScriptCall, run_script

TELL_EVERY_S = 5.0
_REMEMBERED_S = 3_600  # how long an outage may last that leaves in doubt whether counts have arrived


class CountTeller:
    """Tells the counts of this process; those whose arrival is in doubt are told again, and added once."""

    def __init__(self, client: redis.Redis, keys: Keys, *, take: Callable[[], Mapping[str, int]] = take_counts) -> None:
        self._redis, self._take = client, take
        self._names = [keys.counts, keys.counted_by(new_id("req"))]
        self._lock = threading.Lock()
        self._turn = 0
        self._in_doubt: Mapping[str, int] = {}

    def tell(self) -> None:
        """Add what was counted since the last time; raises RedisError, after which nothing is lost."""
        with self._lock:
            if self._in_doubt:
                self._add()
            self._turn, self._in_doubt = self._turn + 1, self._take()
            if self._in_doubt:
                self._add()

    def _add(self) -> None:
        pairs: Iterator[Arg] = chain.from_iterable(self._in_doubt.items())
        run_script(self._redis, ScriptCall("add_counts", self._names, [self._turn, _REMEMBERED_S, *pairs]))
        self._in_doubt = {}


def tell_in_background(
    client: redis.Redis, keys: Keys, *, tell_too: Callable[[], object] = lambda: None
) -> Callable[[], None]:
    """Tell this process's counts from a thread of its own, and what `tell_too` tells beside them.

    Returns what ends that, after telling the last of them.
    """
    teller, stop = CountTeller(client, keys), threading.Event()

    def tell_on() -> None:
        is_last = False
        while not is_last:
            is_last = stop.wait(TELL_EVERY_S)
            try:
                teller.tell()
                tell_too()
            except redis.RedisError:
                continue  # whoever needs Redis says that it is away

    thread = threading.Thread(target=tell_on, name="counts", daemon=True)
    thread.start()

    def end() -> None:
        stop.set()
        thread.join()

    return end


def read_counts(client: redis.Redis, keys: Keys) -> Iterator[Reading | Distribution]:
    """Yield what all processes have counted since Redis was empty; what this version does not know is left out."""
    fields: dict[bytes, bytes] = client.hgetall(keys.counts)  # type: ignore[assignment]  # the stub knows async clients too
    for metric, values in KNOWN_FROM_THE_START.items():
        for value in values:
            fields.setdefault(f"{metric}{SEPARATOR}{value}".encode(), b"0")
    histograms: dict[tuple[Metric, tuple[str, ...]], Counter[str]] = defaultdict(Counter)
    for raw, n in fields.items():
        name, *labels = raw.decode().split(SEPARATOR)
        if name not in _BY_NAME:
            continue
        metric = _BY_NAME[name]
        if metric in BOUNDS_S and len(labels) == len(LABELS[metric]) + 1:
            *labels, bucket = labels
            histograms[metric, tuple(labels)][bucket] = int(n)
        elif metric not in BOUNDS_S and len(labels) == len(LABELS[metric]):
            yield Reading(metric, int(n), tuple(labels))
    for (metric, of), counts in histograms.items():
        yield _distribution(metric, of, counts)


_BY_NAME = {metric.value: metric for metric in COUNTED}


def _distribution(metric: Metric, labels: tuple[str, ...], counts: Mapping[str, int]) -> Distribution:
    bounds = BOUNDS_S[metric]
    *at_most, count = accumulate(counts.get(str(n), 0) for n in range(len(bounds) + 1))
    return Distribution(metric, tuple(zip(bounds, at_most, strict=True)), count, counts.get(SUM, 0) / 1e6, labels)
