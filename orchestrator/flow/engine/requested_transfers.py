"""Transfers asked for from outside: the flow stands still while the target rings, and goes on if nobody comes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from orchestrator.flow.definition import Step
from orchestrator.flow.engine.answer import hear_answer
from orchestrator.flow.engine.pending_commands import running
from orchestrator.flow.engine.steps import enter, leave_step, start_clock
from orchestrator.flow.engine.transition import Turn
from orchestrator.flow.limits import DEFAULT_RING_S, TRANSFER_GRACE_S
from orchestrator.model.live_call import NO_VISIT, Outstanding

TRANSFER_TIMER: Final = "transfer"


def stand_still(turn: Turn, body: Mapping[str, Any]) -> None:
    """Let nothing move the flow until the target answers or is over; what the step runs is heard to its end."""
    if turn.flow is None or turn.call.finished:
        return
    ring_s = body.get("timeout_secs")
    turn.call.paused = True
    turn.set_timer(TRANSFER_TIMER, (ring_s if isinstance(ring_s, int) else DEFAULT_RING_S) + TRANSFER_GRACE_S)


def follow_transfers(turn: Turn) -> None:
    """End the flow for good once a target has answered; go on with it when no transfer is left to wait for."""
    if turn.flow is None or turn.call.finished or turn.call.closing or not turn.can_command:
        return
    asked = [one for one in turn.call.outstanding if is_asked_transfer(one)]
    if any(one.joined for one in asked):
        leave_step(turn)
        turn.clear_timer("start")
        turn.clear_timer(TRANSFER_TIMER)
        turn.call.finished, turn.call.paused, turn.call.step = True, False, None
    elif turn.call.paused and not asked:
        _go_on(turn)


def stop_waiting(turn: Turn) -> None:
    """Go on although nobody told what became of the target: it has rung for longer than it may."""
    if turn.call.paused and not turn.call.closing and turn.can_command:
        turn.note("nobody told what became of the transfer")
        _go_on(turn)


def is_asked_transfer(command: Outstanding) -> bool:
    """Whether a command is a transfer that no step of the flow began."""
    return command.action == "transfer" and command.visit == NO_VISIT


def _go_on(turn: Turn) -> None:
    turn.note("the flow goes on")
    turn.clear_timer(TRANSFER_TIMER)
    turn.call.paused = False
    step = turn.step
    if step is not None:
        _take_up(turn, step)
    elif turn.call.phase == "answered":
        hear_answer(turn)  # it had not begun


def _take_up(turn: Turn, step: Step) -> None:
    """Wait on for what the step still runs; what ended unheard meanwhile is begun again."""
    own, name = running(turn.call), str(turn.call.step)
    if own is not None and own.accepted and step.goto is not None:
        enter(turn, step.goto)
    elif own is not None:
        start_clock(turn, step)
    else:
        turn.call.visits = {**turn.call.visits, name: turn.call.visits.get(name, 1) - 1}
        enter(turn, name)
