"""How a callee behaves: presses keys when prompted, hangs up after a long silence or in mid-sentence."""

from __future__ import annotations

from functools import partial

from simulator.call.dtmf import press_key
from simulator.call.hangup import CALLER_CANCELLED, end_leg, far_end_hangup
from simulator.callees.callee import INVALID, Kind
from simulator.state.leg import Leg
from simulator.state.leg_activities import GatherPlan
from simulator.webhook_events import emit
from simulator.world import World

_KEYS = "0123456789*#"
_BETWEEN_KEYS_S = 0.4


def start_behavior(world: World, leg: Leg) -> None:
    """Start the callee's timers when the call is answered."""
    persona = leg.persona
    leg.timers.set("leaves", persona.leaves_after_s, partial(hang_up_far_end, world, leg))
    for nth, (after_s, keys) in enumerate(persona.keys):
        leg.timers.set(f"keys {nth}", after_s, partial(_press_unprompted, world, leg, nth, keys))
    if persona.holds is not None:
        _hold_later(world, leg, *persona.holds)
    react_to_silence(world, leg)


def _hold_later(world: World, leg: Leg, after_s: float, for_s: float) -> None:
    leg.timers.set("hold", after_s, partial(emit, world, leg, "call.hold"))
    leg.timers.set("unhold", after_s + for_s, partial(emit, world, leg, "call.unhold"))


def _press_unprompted(world: World, leg: Leg, nth: int, keys: str) -> None:
    press_key(world, leg, keys[0])
    if keys[1:]:
        leg.timers.set(f"keys {nth}", _BETWEEN_KEYS_S, partial(_press_unprompted, world, leg, nth, keys[1:]))


def hang_up_far_end(world: World, leg: Leg) -> None:
    """End the leg from the far end; a caller who has not been answered cancels the call."""
    gives_up = leg.is_incoming and not leg.is_answered
    end_leg(world, leg, CALLER_CANCELLED if gives_up else far_end_hangup(leg))


def react_to_sound(world: World, leg: Leg, seconds: float) -> None:
    """React to a sound of this length, which may end in a hangup in mid-sentence."""
    leg.timers.cancel("patience")
    if leg.persona.leaves_mid_sentence:
        leg.timers.set("leaves", min(seconds, 20) * 0.4, partial(hang_up_far_end, world, leg))


def react_to_silence(world: World, leg: Leg) -> None:
    """Start the timer after which a person hangs up on silence; machines have none."""
    waits = leg.is_answered and leg.bridged_to is None and leg.transfer_target is None
    if waits and leg.persona.kind in (Kind.HUMAN, Kind.SILENCE):
        leg.timers.set("patience", leg.persona.patience_s, partial(hang_up_far_end, world, leg))


def react_to_gather(world: World, leg: Leg, plan: GatherPlan, *, prompt_s: float) -> None:
    """React to a gather: press keys after the prompt, during it, or not at all."""
    keys = _keys(world, leg, plan)
    if not keys:
        return
    persona = leg.persona
    pause = prompt_s * 0.6 if persona.barges_in and prompt_s else prompt_s + persona.reacts_s
    leg.timers.set("keys", pause, partial(_press, world, leg, keys))


def react_to_bridge(world: World, leg: Leg, *, ends: bool) -> None:
    """React to a bridge; the party with `ends` hangs up after its talking time."""
    leg.timers.cancel("patience", "leaves", "keys")
    if ends:
        leg.timers.set("leaves", leg.persona.talks_s, partial(hang_up_far_end, world, leg))


def _press(world: World, leg: Leg, keys: str) -> None:
    press_key(world, leg, keys[0])
    if keys[1:] and leg.gather is not None:
        leg.timers.set("keys", _BETWEEN_KEYS_S, partial(_press, world, leg, keys[1:]))


def _keys(world: World, leg: Leg, plan: GatherPlan) -> str:
    wanted = leg.persona.presses
    if leg.persona.kind is not Kind.HUMAN or not wanted:
        return ""
    if wanted == INVALID:
        return next((key for key in _KEYS if key not in plan.valid_digits and key != plan.terminating_digit), "")
    allowed = [key for key in plan.valid_digits if key != plan.terminating_digit]
    keys = wanted if all(key in allowed for key in wanted) else ""
    while allowed and len(keys) < plan.min_digits:
        keys += allowed[int(world.random.number("key", leg.key, plan.gather_id, len(keys)) * len(allowed))]
    ends_itself = len(keys) >= plan.max_digits or plan.min_digits == 1
    return keys if ends_itself else keys + plan.terminating_digit
