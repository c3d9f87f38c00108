"""Hang up: a talking leg ends, a ringing one is cancelled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.actions.shared import CUSTOM_HEADERS, IDENTITY
from simulator.command import Body, Command, Needs, Shape
from simulator.ending import API_HANGUP, CANCELLED, end_leg
from simulator.fields import Text
from simulator.leg import Leg

if TYPE_CHECKING:
    from simulator.world import World


def _hang_up(world: World, leg: Leg, _body: Body) -> None:
    end_leg(world, leg, API_HANGUP if leg.is_answered else CANCELLED)


HANGUP = Command(
    action="hangup",
    needs=Needs.LIVE,
    shape=Shape(fields={**IDENTITY, **CUSTOM_HEADERS, "reason": Text()}),
    effect=_hang_up,
)
