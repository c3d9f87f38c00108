"""Legs that a transfer created: which transfer they belong to, and what the flow hears of them."""

from __future__ import annotations

from orchestrator.flow.engine.branching import way_on
from orchestrator.flow.engine.ending import hang_up
from orchestrator.flow.engine.outstanding import forget, replace
from orchestrator.flow.engine.remembering import remember
from orchestrator.flow.engine.turn import Turn
from orchestrator.flow.engine.walking import enter
from orchestrator.flow.words import TARGET, TARGET_ANSWERED, TARGET_BRIDGED, TARGET_HANGUP
from orchestrator.model.live_call import Outstanding


def hear_target(turn: Turn, *, is_walking: bool) -> None:
    """Take in an event of another leg; only that of the newest transfer moves the flow."""
    transfer = _transfer_of(turn, turn.event.call_control_id)
    if transfer is None:
        return
    event = TARGET + turn.event.type
    is_newest = transfer == max(_transfers(turn), key=lambda one: one.visit)
    if event in {TARGET_ANSWERED, TARGET_BRIDGED}:
        replace(turn, transfer, joined=True)
    elif event == TARGET_HANGUP:
        forget(turn, transfer)
    if not is_newest or not is_walking:
        return
    if turn.call.finished and event == TARGET_HANGUP:
        hang_up(turn)
    elif turn.has_flow:
        remember(turn, event, turn.event.payload)
        enter(turn, way_on(turn, event, turn.event.payload))


def _transfers(turn: Turn) -> list[Outstanding]:
    return [one for one in turn.call.outstanding if one.action == "transfer"]


def _transfer_of(turn: Turn, leg: str | None) -> Outstanding | None:
    """Return the leg's transfer; a new leg belongs to the oldest transfer that has none yet."""
    known = next((one for one in _transfers(turn) if leg is not None and one.leg == leg), None)
    if known is not None or leg is None or leg in turn.call.target_legs:
        return known
    turn.change(target_legs=(*turn.call.target_legs, leg))
    free = next((one for one in _transfers(turn) if one.leg is None), None)
    return replace(turn, free, leg=leg) if free is not None else None
