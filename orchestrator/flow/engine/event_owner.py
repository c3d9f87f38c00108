"""Whose an event is: this call's, a leg's that it created, or a second call's for the same attempt (R6)."""

from __future__ import annotations

from enum import StrEnum

from orchestrator.flow.engine.transition import Turn, double_hangup_id


class Owner(StrEnum):
    """The leg an event belongs to."""

    THIS = "this"
    TARGET = "target"
    DOUBLE = "double"


def owner_of(turn: Turn) -> Owner:
    """Return the event's leg; the first control id with role A binds it, another one is a double."""
    control_id, call = turn.event.call_control_id, turn.call
    if control_id is None or control_id == call.call_control_id:
        return Owner.TARGET if turn.event.leg != "A" and control_id is None else Owner.THIS
    if turn.event.leg != "A" or control_id in call.target_legs:
        return Owner.TARGET
    if call.call_control_id is not None:
        return Owner.DOUBLE
    call.call_control_id = control_id
    call.call_leg_id = turn.event.text("call_leg_id") or call.call_leg_id
    call.call_session_id = turn.event.text("call_session_id") or call.call_session_id
    return Owner.THIS


def hang_up_double(turn: Turn) -> None:
    """Hang up a second call, once, and count it; ours is not touched."""
    control_id = turn.event.call_control_id
    if control_id is None or control_id in turn.call.doubles or turn.event.type == "call.hangup":
        return
    turn.call.doubles = (*turn.call.doubles, control_id)
    turn.note("a second call for the same attempt: hung up")
    turn.hang_up_other(control_id, command_id=double_hangup_id(turn.call, control_id))


def learn_ids(turn: Turn) -> None:
    """Keep the leg's and the session's id when they are first told."""
    call, event = turn.call, turn.event
    if call.call_leg_id is None:
        call.call_leg_id = event.text("call_leg_id")
    if call.call_session_id is None:
        call.call_session_id = event.text("call_session_id")
