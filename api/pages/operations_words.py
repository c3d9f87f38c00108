"""What the readings of an installation say: its checks, its streams and queues, and the carrier, for a person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from orchestrator.model.metric import Distribution, Metric, Reading

_CHECKS = {
    "postgresql": "PostgreSQL answers",
    "migrations": "The schema is that of this version",
    "redis": "Redis takes what is written",
    "memory": "Redis has room",
    "epoch": "Redis and PostgreSQL belong together",
    "clock": "This machine's clock agrees with the carrier's",
    "dialing": "Dialing goes on",
    "webhooks": "Webhooks can be verified",
    "recordings": "Recordings are stored",
    "disk": "The disk has room",
    "clock_rules": "The clock rules are recent",
}
_STREAMS = {
    "events": "Webhooks, timers and answers of commands",
    "strays": "Webhooks whose call is looked for",
    "ended": "Calls that ended and are being recorded",
}
_QUEUES = {"commands": "Commands to live calls", "dials": "Calls to be placed"}


class Waiting(NamedTuple):
    """What waits in a stream or a queue; the age, in seconds, is that of the oldest, None where nobody knows it."""

    name: str
    says: str
    entries: float
    age_s: float | None


class Loop(NamedTuple):
    """A loop of the engine or of a worker: its steps so far, their mean length in seconds, and those that failed."""

    name: str
    steps: int
    mean_s: float | None
    failures: float


class Readings:
    """The readings of one moment, by what a page asks of them; a number that could not be read is None."""

    def __init__(self, measured: Sequence[Reading | Distribution]) -> None:
        self._values = {(each.metric, each.labels): each.value for each in measured if isinstance(each, Reading)}
        self._spread = [each for each in measured if isinstance(each, Distribution)]

    def value(self, name: str, *labels: str) -> float | None:
        """Return a number by the end of its metric's name, such as `live_calls`."""
        return self._values.get((Metric(f"orchestrator_{name}"), labels))

    def by_label(self, name: str) -> dict[str, float]:
        """Return the numbers of a metric with one label."""
        wanted = Metric(f"orchestrator_{name}")
        return {labels[0]: value for (metric, labels), value in self._values.items() if metric is wanted}

    @property
    def streams(self) -> list[Waiting]:
        """Return what waits in each stream."""
        ages = self.by_label("stream_oldest_entry_seconds")
        counts = self.by_label("stream_entries").items()
        return [
            Waiting(name, _STREAMS.get(name, name), count, ages.get(name) if count else None) for name, count in counts
        ]

    @property
    def queues(self) -> list[Waiting]:
        """Return how many calls wait for a worker in each queue."""
        return [Waiting(name, _QUEUES.get(name, name), n, None) for name, n in self.by_label("queued_calls").items()]

    @property
    def loops(self) -> list[Loop]:
        """Return what the loops have done, since the counters began."""
        failures = self.by_label("loop_failures_total")
        steps = {each.labels[0]: each for each in self._spread if each.metric is Metric.LOOP_STEP_S}
        return [
            Loop(name, each.count, each.sum / each.count if each.count else None, failures.get(name, 0))
            for name, each in sorted(steps.items())
        ]


def check(name: str) -> str:
    """Return what holds when a check of readiness is passed."""
    return _CHECKS.get(name, name.replace("_", " "))
