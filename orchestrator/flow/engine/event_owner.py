"""Which leg an event belongs to: the call's own, a second leg, or a duplicate call of the same attempt (R6)."""

from __future__ import annotations

from enum import StrEnum

from orchestrator.flow.engine.transition import Transition, duplicate_hangup_id


class Owner(StrEnum):
    """The leg an event belongs to."""

    OWN_LEG = "own_leg"
    SECOND_LEG = "second_leg"
    DUPLICATE = "duplicate"


def owner_of(transition: Transition) -> Owner:
    """Return the event's leg. The first call control id with role A is the call's own; another one is a duplicate."""
    control_id, call = transition.event.call_control_id, transition.call
    if control_id is None or control_id == call.call_control_id:
        return Owner.SECOND_LEG if transition.event.leg != "A" and control_id is None else Owner.OWN_LEG
    if transition.event.leg != "A" or control_id in call.target_legs:
        return Owner.SECOND_LEG
    if call.call_control_id is not None:
        return Owner.DUPLICATE
    call.call_control_id = control_id
    call.call_leg_id = transition.event.text_if_any("call_leg_id") or call.call_leg_id
    call.call_session_id = transition.event.text_if_any("call_session_id") or call.call_session_id
    return Owner.OWN_LEG


def hang_up_duplicate(transition: Transition) -> None:
    """Hang up a duplicate call, once, and record its id; the call itself is not touched."""
    control_id = transition.event.call_control_id
    if control_id is None or control_id in transition.call.doubles or transition.event.type == "call.hangup":
        return
    transition.call.doubles = (*transition.call.doubles, control_id)
    transition.note("a second call for the same attempt: hung up")
    transition.hang_up_other_leg(control_id, command_id=duplicate_hangup_id(transition.call, control_id))


def store_leg_ids(transition: Transition) -> None:
    """Store the leg's and the session's id when an event carries them for the first time."""
    call, event = transition.call, transition.event
    if call.call_leg_id is None:
        call.call_leg_id = event.text_if_any("call_leg_id")
    if call.call_session_id is None:
        call.call_session_id = event.text_if_any("call_session_id")
