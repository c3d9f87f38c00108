"""Handles transfers requested over REST: the flow pauses while the target rings, and resumes if nobody answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from orchestrator.flow.definition import Step
from orchestrator.flow.engine.answer import on_answered
from orchestrator.flow.engine.notices import notices_alone
from orchestrator.flow.engine.pending_commands import running_command
from orchestrator.flow.engine.steps import enter, enter_again, leave_step, start_step_timer
from orchestrator.flow.engine.transition import Transition
from orchestrator.flow.limits import DEFAULT_RING_S, TRANSFER_GRACE_S
from orchestrator.model.live_call import NO_VISIT, Outstanding

TRANSFER_TIMER: Final = "transfer"


def pause_flow(transition: Transition, body: Mapping[str, Any]) -> None:
    """Pause the flow until the target answers or hangs up; the current step's command runs to its end."""
    if transition.flow is None or transition.call.finished:
        return
    ring_s = body.get("timeout_secs")
    transition.call.paused = True
    transition.set_timer(TRANSFER_TIMER, (ring_s if isinstance(ring_s, int) else DEFAULT_RING_S) + TRANSFER_GRACE_S)


def apply_transfer_results(transition: Transition) -> None:
    """End the flow once a target has answered; resume it when no requested transfer is pending."""
    if transition.flow is None or transition.call.finished or transition.call.closing or not transition.can_command:
        return
    requested = [one for one in transition.call.outstanding if is_requested_transfer(one)]
    if any(one.joined for one in requested):
        leave_step(transition)
        transition.clear_timer("start")
        transition.clear_timer(TRANSFER_TIMER)
        transition.call.finished, transition.call.paused, transition.call.step = True, False, None
    elif transition.call.paused and not requested:
        _resume_flow(transition)


def on_transfer_timer(transition: Transition) -> None:
    """Resume the flow although no event reported the target's end: it cannot ring any longer."""
    if transition.call.paused and not transition.call.closing and transition.can_command:
        transition.note("nobody told what became of the transfer")
        _resume_flow(transition)


def is_requested_transfer(command: Outstanding) -> bool:
    """Whether a command is a transfer that was requested over REST."""
    return command.action == "transfer" and command.visit == NO_VISIT


def _resume_flow(transition: Transition) -> None:
    transition.note("the flow goes on")
    transition.clear_timer(TRANSFER_TIMER)
    transition.call.paused = False
    step = transition.step
    if step is not None:
        _resume_step(transition, step)
    elif transition.call.phase == "answered":
        on_answered(transition)  # the flow had not begun


def _resume_step(transition: Transition, step: Step) -> None:
    """Go on waiting for the step's command; a step whose command ended during the pause is entered again."""
    own = running_command(transition.call)
    if own is not None and own.command_id == notices_alone(transition):
        return  # the step begins when they are spoken
    if own is not None and own.accepted and step.goto is not None:
        enter(transition, step.goto)
    elif own is not None:
        start_step_timer(transition, step)
    else:
        enter_again(transition, step)
