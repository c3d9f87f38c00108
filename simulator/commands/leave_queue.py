"""Leave the queue: the call stays, and waits for the next command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.commands.base import Body, Command, Shape
from simulator.commands.shared_fields import IDENTITY
from simulator.schema.errors import not_queued
from simulator.state.leg import Leg

if TYPE_CHECKING:
    from simulator.world import World


def _leave(_world: World, leg: Leg, _body: Body) -> None:
    if leg.place is None:
        raise not_queued()
    leg.place.leave("leave")


LEAVE_QUEUE = Command(action="leave_queue", shape=Shape(fields=IDENTITY), effect=_leave)
