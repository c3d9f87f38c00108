"""A key pressed on a leg: told of by a webhook, and handed to the stream and the gather that run."""

from __future__ import annotations

from simulator.state.leg import MAX_KEPT, Leg
from simulator.webhook_events import emit
from simulator.world import World


def press_key(world: World, leg: Leg, digit: str) -> None:
    """Press one key; on a leg that does not talk nothing happens."""
    if not leg.is_answered:
        return
    leg.digits = (leg.digits + digit)[-MAX_KEPT:]
    emit(world, leg, "call.dtmf.received", digit=digit)
    if leg.media_output is not None:
        leg.media_output.press(digit)
    if leg.gather is not None:
        leg.gather.press(digit)
