"""Handles commands that are requested over REST while the call runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestrator.flow.engine.hangup import clear_step_timers, hang_up
from orchestrator.flow.engine.requested_transfers import pause_flow
from orchestrator.flow.engine.transition import Transition
from orchestrator.flow.limits import HANGUP_AGAIN_S
from orchestrator.model.decision import SendCommand
from orchestrator.model.live_call import NO_VISIT


def on_action_requested(transition: Transition) -> None:
    """Send the requested command: a hangup ends the flow, an answered transfer too, everything else runs beside it."""
    payload = transition.event.payload
    action, command_id = str(payload.get("action")), str(payload.get("command_id"))
    if not transition.can_command or (transition.call.closing and action != "hangup"):
        transition.note(f"{action} came too late")
        return
    if transition.call.adopted and action != "hangup":
        transition.note(f"{action} is not for a call whose flow position is lost")
        return
    if action == "hangup":
        _begin_hangup(transition)
    command = _send_command(payload, action=action, command_id=command_id)
    if action == "transfer":
        pause_flow(transition, command.body)
    transition.send_command(command, visit=NO_VISIT)


def on_deadline(transition: Transition) -> None:
    """Hang up a call that is past its deadline."""
    if transition.call.phase != "ended":
        transition.note("the call's deadline has passed")
        hang_up(transition)


def _begin_hangup(transition: Transition) -> None:
    clear_step_timers(transition)
    transition.clear_timer("start")
    transition.drops_all = True
    transition.call.closing = True
    transition.set_timer(f"stall:{transition.call.visit}", HANGUP_AGAIN_S)


def _send_command(payload: Mapping[str, Any], *, action: str, command_id: str) -> SendCommand:
    body, state = payload.get("body"), payload.get("state")
    return SendCommand(
        command_id=command_id,
        action=action,
        visit=NO_VISIT,
        body=body if isinstance(body, dict) else {},
        user_state=state if isinstance(state, str) else None,
    )
