"""Stop noise suppression; where none runs nothing happens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.commands.base import Body, Command, Shape
from simulator.commands.shared_fields import IDENTITY
from simulator.state.leg import Leg

if TYPE_CHECKING:
    from simulator.world import World


def _stop(_world: World, leg: Leg, _body: Body) -> None:
    leg.suppression = None


SUPPRESSION_STOP = Command(action="suppression_stop", shape=Shape(fields=IDENTITY), effect=_stop)
