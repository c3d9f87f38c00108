"""Commands that somebody asks for from outside while the call runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestrator.flow.engine.hangup import clear_step_timers, hang_up
from orchestrator.flow.engine.requested_transfers import stand_still
from orchestrator.flow.engine.transition import Turn
from orchestrator.flow.limits import HANGUP_AGAIN_S
from orchestrator.model.decision import SendCommand
from orchestrator.model.live_call import NO_VISIT


def hear_request(turn: Turn) -> None:
    """Send the command; a hangup ends the flow, a transfer if it comes about, anything else goes on beside it."""
    payload = turn.event.payload
    action, command_id = str(payload.get("action")), str(payload.get("command_id"))
    if not turn.can_command or (turn.call.closing and action != "hangup"):
        turn.note(f"{action} came too late")
        return
    if turn.call.adopted and action != "hangup":
        turn.note(f"{action} is not for a call whose flow position is lost")
        return
    if action == "hangup":
        _begin_hangup(turn)
    command = _command(payload, action=action, command_id=command_id)
    if action == "transfer":
        stand_still(turn, command.body)
    turn.put_out(command, visit=NO_VISIT)


def meet_deadline(turn: Turn) -> None:
    """Hang up a call that has outlived its time."""
    if turn.call.phase != "ended":
        turn.note("the call's deadline has passed")
        hang_up(turn)


def _begin_hangup(turn: Turn) -> None:
    clear_step_timers(turn)
    turn.clear_timer("start")
    turn.drops_all = True
    turn.call.closing = True
    turn.set_timer(f"stall:{turn.call.visit}", HANGUP_AGAIN_S)


def _command(payload: Mapping[str, Any], *, action: str, command_id: str) -> SendCommand:
    body, state = payload.get("body"), payload.get("state")
    return SendCommand(
        command_id=command_id,
        action=action,
        visit=NO_VISIT,
        body=body if isinstance(body, dict) else {},
        user_state=state if isinstance(state, str) else None,
    )
