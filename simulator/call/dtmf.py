"""A key pressed on a leg: told of by a webhook, and handed to the stream and the gather that run."""

from __future__ import annotations

from simulator.state.leg import MOST_KEPT, Leg
from simulator.webhook_events import tell
from simulator.world import World


def press_key(world: World, leg: Leg, digit: str) -> None:
    """Press one key; on a leg that does not talk nothing happens."""
    if not leg.is_answered:
        return
    leg.digits = (leg.digits + digit)[-MOST_KEPT:]
    tell(world, leg, "call.dtmf.received", digit=digit)
    if leg.medium is not None:
        leg.medium.press(digit)
    if leg.gather is not None:
        leg.gather.press(digit)
