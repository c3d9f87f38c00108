"""Call queues: their size, and the calls that wait in each."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Protocol

from simulator.ids import fresh_uuid
from simulator.schema.errors import queue_size_fixed
from simulator.state.leg import Leg
from simulator.state.leg_activities import QueuePlace

DEFAULT_SIZE = 100
MAX_QUEUES = 1_000


class WaitingCall(QueuePlace, Protocol):
    """A call that waits in a queue."""

    leg: Leg
    entered_at: float
    stays_after_hangup: bool

    @property
    def position(self) -> int:
        """The place in the queue, from 1."""

    def waited_s(self) -> int:
        """Return the whole seconds of real time since it was queued."""


@dataclass(slots=True, eq=False, kw_only=True)
class Queue:
    """One queue of calls; times are Unix seconds."""

    id: str
    name: str
    max_size: int
    created_at: float
    updated_at: float
    places: list[WaitingCall] = field(default_factory=list)

    def average_wait_s(self) -> int:
        """Return how long the waiting calls have waited on average, in whole seconds."""
        waits = [place.waited_s() for place in self.places]
        return sum(waits) // len(waits) if waits else 0


class Queues:
    """Every queue by name; beyond a thousand, the oldest empty ones are forgotten."""

    def __init__(self) -> None:
        self._queues: OrderedDict[str, Queue] = OrderedDict()

    def find(self, name: str) -> Queue | None:
        """Return the queue of this name."""
        return self._queues.get(name)

    def all(self) -> list[Queue]:
        """Return every queue, oldest first."""
        return list(self._queues.values())

    def open(self, name: str, *, max_size: int | None, now: float) -> Queue:
        """Return the queue of this name, created at its first use; raises CarrierError when its size would change."""
        known = self._queues.get(name)
        if known is not None:
            if max_size not in (None, known.max_size):
                raise queue_size_fixed()
            return known
        queue = Queue(id=fresh_uuid(), name=name, max_size=max_size or DEFAULT_SIZE, created_at=now, updated_at=now)
        self._queues[name] = queue
        self._forget_some()
        return queue

    def remove(self, queue: Queue) -> None:
        """Forget a queue; the calls that wait in it leave it."""
        for place in tuple(queue.places):
            place.leave("leave")
        self._queues.pop(queue.name, None)

    def _forget_some(self) -> None:
        surplus = max(0, len(self._queues) - MAX_QUEUES)
        *older, _newest = self._queues.values()
        for queue in [queue for queue in older if not queue.places][:surplus]:
            del self._queues[queue.name]
