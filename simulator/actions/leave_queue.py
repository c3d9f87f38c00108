"""Leave the queue: the call stays, and waits for the next command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.actions.shared import IDENTITY
from simulator.command import Body, Command, Shape
from simulator.leg import Leg
from simulator.problems import not_queued

if TYPE_CHECKING:
    from simulator.world import World


def _leave(_world: World, leg: Leg, _body: Body) -> None:
    if leg.place is None:
        raise not_queued()
    leg.place.leave("leave")


LEAVE_QUEUE = Command(action="leave_queue", shape=Shape(fields=IDENTITY), effect=_leave)
