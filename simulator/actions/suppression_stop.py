"""Stop noise suppression; where none runs nothing happens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.actions.shared import IDENTITY
from simulator.command import Body, Command, Shape
from simulator.leg import Leg

if TYPE_CHECKING:
    from simulator.world import World


def _stop(_world: World, leg: Leg, _body: Body) -> None:
    leg.suppression = None


SUPPRESSION_STOP = Command(action="suppression_stop", shape=Shape(fields=IDENTITY), effect=_stop)
