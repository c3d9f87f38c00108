"""Stop a playback: speech and files end, the current one or all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.commands.base import Body, Command, Shape
from simulator.commands.shared_fields import IDENTITY, STOP
from simulator.schema.fields import Flag
from simulator.state.leg import Leg

if TYPE_CHECKING:
    from simulator.world import World


def _stop(_world: World, leg: Leg, body: Body) -> None:
    if body.get("overlay") is True:
        leg.player.stop_overlays()
    else:
        leg.player.stop(body.get("stop") or "all")


PLAYBACK_STOP = Command(
    action="playback_stop",
    shape=Shape(fields={**IDENTITY, **STOP, "overlay": Flag()}),
    effect=_stop,
)
