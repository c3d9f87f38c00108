"""Queues: calls that wait in line until they are bridged, leave, time out or hang up."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from simulator.ids import fresh_uuid
from simulator.schema.errors import queue_full, queue_size_fixed
from simulator.state.leg import Leg
from simulator.webhook_events import tell

if TYPE_CHECKING:
    from simulator.world import World

SIZE = 100
MOST_QUEUES = 1_000


@dataclass(slots=True, eq=False, kw_only=True)
class Queue:
    """One line of calls; times are Unix seconds."""

    id: str
    name: str
    max_size: int
    created_at: float
    updated_at: float
    places: list[Place] = field(default_factory=list)

    def average_wait_s(self) -> int:
        """Return how long those who wait now have waited on average, in whole seconds."""
        waits = [place.waited_s() for place in self.places]
        return sum(waits) // len(waits) if waits else 0


class Place:
    """A leg's place in one queue."""

    def __init__(self, world: World, leg: Leg, queue: Queue, *, stays_after_hangup: bool) -> None:
        self._world = world
        self._since = time.monotonic()
        self.leg = leg
        self.queue = queue
        self.stays_after_hangup = stays_after_hangup
        self.entered_at = world.clock.now()

    @property
    def position(self) -> int:
        """Return the place in line, from 1."""
        return self.queue.places.index(self) + 1

    def waited_s(self) -> int:
        """Return the real whole seconds since it was taken."""
        return int(time.monotonic() - self._since)

    def leave(self, reason: str) -> None:
        """Give the place up and tell why."""
        facts = {"queue_position": self.position, "wait_time_secs": self.waited_s()}
        self.queue.places.remove(self)
        self.queue.updated_at = self._world.clock.now()
        self.leg.place = None
        self.leg.timers.cancel("queue")
        tell(self._world, self.leg, "call.dequeued", queue=self.queue.name, reason=reason, **facts)

    def forget(self) -> None:
        """Give the place up without a word, because the call itself is forgotten."""
        self.queue.places.remove(self)
        self.leg.place = None

    def hang_up(self) -> None:
        """Leave because the call ends, unless it was to keep its place."""
        if not self.stays_after_hangup:
            self.leave("hangup")


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
        """Return the queue of this name, made at its first use; raises CarrierError when its size would change."""
        known = self._queues.get(name)
        if known is not None:
            if max_size not in (None, known.max_size):
                raise queue_size_fixed()
            return known
        queue = Queue(id=fresh_uuid(), name=name, max_size=max_size or SIZE, created_at=now, updated_at=now)
        self._queues[name] = queue
        self._forget_some()
        return queue

    def remove(self, queue: Queue) -> None:
        """Forget a queue; whoever waits in it leaves it."""
        for place in tuple(queue.places):
            place.leave("leave")
        self._queues.pop(queue.name, None)

    def _forget_some(self) -> None:
        surplus = max(0, len(self._queues) - MOST_QUEUES)
        *older, _newest = self._queues.values()
        for queue in [queue for queue in older if not queue.places][:surplus]:
            del self._queues[queue.name]


def take_place(
    world: World, leg: Leg, queue: Queue, *, most_s: float = math.inf, stays_after_hangup: bool = False
) -> None:
    """Go to the end of the line for at most so many seconds; raises CarrierError when it is full."""
    if len(queue.places) >= queue.max_size:
        raise queue_full()
    place = leg.place = Place(world, leg, queue, stays_after_hangup=stays_after_hangup)
    queue.places.append(place)
    queue.updated_at = world.clock.now()
    leg.timers.set("queue", most_s, partial(place.leave, "timeout"))
    facts = {"current_position": place.position, "queue_avg_wait_time_secs": queue.average_wait_s()}
    tell(world, leg, "call.enqueued", queue=queue.name, **facts)
