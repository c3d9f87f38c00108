"""DTMF: a key pressed by the far end sends a webhook and goes to the leg's stream and gather."""

from __future__ import annotations

from simulator.state.leg import MAX_KEPT, Leg
from simulator.webhook_events import emit
from simulator.world import World


def press_key(world: World, leg: Leg, digit: str) -> None:
    """Press one key; has no effect unless the leg is answered."""
    if not leg.is_answered:
        return
    leg.digits = (leg.digits + digit)[-MAX_KEPT:]
    emit(world, leg, "call.dtmf.received", digit=digit)
    if leg.media_output is not None:
        leg.media_output.press(digit)
    if leg.gather is not None:
        leg.gather.press(digit)
