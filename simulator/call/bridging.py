"""Bridging: both legs get a webhook and their prompts end; a leg that was bridged before leaves its old peer."""

from __future__ import annotations

from simulator.call.callee_behavior import react_to_bridge
from simulator.call.hangup import release_peer
from simulator.state.leg import Leg
from simulator.webhook_events import emit
from simulator.world import World


def bridge_legs(world: World, leg: Leg, other: Leg) -> None:
    """Bridge two answered legs: playbacks and gathers on both end, and later the party on `other` hangs up."""
    for side in (leg, other):
        release_peer(world, side)
        if side.queue_place is not None:
            side.queue_place.leave("bridged")
    leg.bridged_to, other.bridged_to = other, leg
    for side in (leg, other):
        if side.gather is not None:
            side.gather.close("cancelled")
        side.player.stop("all")
        react_to_bridge(world, side, ends=side is other)
        emit(world, side, "call.bridged")


def unbridge(world: World, leg: Leg) -> None:
    """Take the leg out of its bridge; it stays up in silence."""
    if leg.bridged_to is None:
        return
    release_peer(world, leg)
    leg.timers.cancel("leaves")
    leg.player.rest()
