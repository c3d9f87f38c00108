"""Queueing: a call waits in a queue until it is bridged, leaves, times out or hangs up."""

from __future__ import annotations

import math
import time
from functools import partial

from simulator.schema.errors import queue_full
from simulator.state.leg import Leg
from simulator.state.queues import Queue
from simulator.webhook_events import emit
from simulator.world import World


class PlaceInQueue:
    """A leg's place in one queue."""

    def __init__(self, world: World, leg: Leg, queue: Queue, *, stays_after_hangup: bool) -> None:
        self._world = world
        self._since = time.monotonic()
        self.leg = leg
        self.queue = queue
        self.stays_after_hangup = stays_after_hangup
        self.entered_at = world.clock.now()

    @property
    def queue_name(self) -> str:
        """The name of the queue."""
        return self.queue.name

    @property
    def position(self) -> int:
        """The place in the queue, from 1."""
        return self.queue.places.index(self) + 1

    def waited_s(self) -> int:
        """Return the whole seconds of real time since it was queued."""
        return int(time.monotonic() - self._since)

    def leave(self, reason: str) -> None:
        """Give up the place and send `call.dequeued` with this reason."""
        facts = {"queue_position": self.position, "wait_time_secs": self.waited_s()}
        self.queue.places.remove(self)
        self.queue.updated_at = self._world.clock.now()
        self.leg.queue_place = None
        self.leg.timers.cancel("queue")
        emit(self._world, self.leg, "call.dequeued", queue=self.queue.name, reason=reason, **facts)

    def forget(self) -> None:
        """Give up the place without a webhook, because the call itself is forgotten."""
        self.queue.places.remove(self)
        self.leg.queue_place = None

    def hang_up(self) -> None:
        """Leave because the call ends, unless it was to keep its place."""
        if not self.stays_after_hangup:
            self.leave("hangup")


def take_place(
    world: World, leg: Leg, queue: Queue, *, max_s: float = math.inf, stays_after_hangup: bool = False
) -> None:
    """Put the leg at the end of the queue for at most `max_s` seconds; raises CarrierError when the queue is full."""
    if len(queue.places) >= queue.max_size:
        raise queue_full()
    place = leg.queue_place = PlaceInQueue(world, leg, queue, stays_after_hangup=stays_after_hangup)
    queue.places.append(place)
    queue.updated_at = world.clock.now()
    leg.timers.set("queue", max_s, partial(place.leave, "timeout"))
    facts = {"current_position": place.position, "queue_avg_wait_time_secs": queue.average_wait_s()}
    emit(world, leg, "call.enqueued", queue=queue.name, **facts)
