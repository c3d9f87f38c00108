"""Put a call into a queue, or take it out."""

from __future__ import annotations

import math

from simulator.call.bridging import unbridge
from simulator.call.queueing import take_place
from simulator.commands.base import Body, BodySchema, Command
from simulator.commands.shared_fields import IDENTITY
from simulator.schema.errors import already_queued, not_queued
from simulator.schema.fields import Flag, Text, Whole
from simulator.state.leg import Leg
from simulator.world import World


def _enqueue(world: World, leg: Leg, body: Body) -> None:
    if leg.queue_place is not None:
        raise already_queued()
    queue = world.queues.open(body["queue_name"], max_size=body.get("max_size"), now=world.clock.now())
    take_place(
        world,
        leg,
        queue,
        max_s=body.get("max_wait_time_secs") or math.inf,
        stays_after_hangup=body.get("keep_after_hangup") is True,
    )
    unbridge(world, leg)


ENQUEUE = Command(
    action="enqueue",
    schema=BodySchema(
        fields={
            **IDENTITY,
            "queue_name": Text(
                required=True, minimum=1, maximum=255
            ),  # the carrier documents no maximum; this one bounds memory
            "keep_after_hangup": Flag(),
            "max_size": Whole(minimum=1),
            "max_wait_time_secs": Whole(minimum=1),
        }
    ),
    effect=_enqueue,
)


def _leave(_world: World, leg: Leg, _body: Body) -> None:
    if leg.queue_place is None:
        raise not_queued()
    leg.queue_place.leave("leave")


LEAVE_QUEUE = Command(action="leave_queue", schema=BodySchema(fields=IDENTITY), effect=_leave)
