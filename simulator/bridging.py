"""Two legs joined: when the target of a transfer answers, both are told and stop hearing prompts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.events import tell
from simulator.habits import talk
from simulator.leg import Leg

if TYPE_CHECKING:
    from simulator.world import World


def join(world: World, leg: Leg, other: Leg) -> None:
    """Bridge two answered legs; what still played or gathered on them ends."""
    leg.peer, other.peer = other, leg
    for side in (leg, other):
        if side.gather is not None:
            side.gather.close("cancelled")
        side.player.stop("all")
        talk(world, side)
        tell(world, side, "call.bridged")
