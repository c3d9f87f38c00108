"""What became of a command: accepted, failed, never answered, or too late for its leg."""

from __future__ import annotations

from typing import Any

from orchestrator.flow.engine.hangup import begin_to_be_gone, hang_up_again
from orchestrator.flow.engine.pending_commands import (
    find,
    forget,
    is_over_once_accepted,
    is_own_command,
    prune_unsent,
    replace,
)
from orchestrator.flow.engine.second_legs import give_letter_back
from orchestrator.flow.engine.steps import enter, fail, start_clock
from orchestrator.flow.engine.transition import Turn
from orchestrator.model.live_call import NO_VISIT, Outstanding


def hear_accepted(turn: Turn) -> None:
    """Take in the carrier's yes: the step's clock starts, or its `goto` leads on."""
    command = find(turn.call, turn.event.text("command_id"))
    if command is not None:
        _accept(turn, command)


def take_proven(turn: Turn) -> None:
    """Take commands as accepted whose work was heard of before their answer: that may be lost for good."""
    for command_id in turn.proven:
        command = find(turn.call, command_id)
        if command is not None:
            _accept(turn, command)


def hear_failed(turn: Turn) -> None:
    """Take in the carrier's no, or no answer at all: the step's `command.failed`, or the end of the call."""
    payload = turn.event.payload
    command = find(turn.call, turn.event.text("command_id"))
    if command is None:
        return  # a stop of what was over already
    if command.leg is not None or (command.accepted and (command.started or command.joined)):
        turn.note(f"{command.action} was refused when it was said again: {turn.event.text('code')}")
        return
    forget(turn, command)
    if command.action == "bridge" and command.visit == NO_VISIT:
        give_letter_back(turn, command)
    turn.note(f"{command.action} failed: {turn.event.text('code')} {payload.get('title') or ''}".strip())
    if turn.call.phase == "ended":
        return
    if command.action == "hangup":
        hang_up_again(turn)
    elif _may_move(turn) and is_own_command(turn, command.command_id):
        enter(turn, fail(turn, _failure(payload, command.action)))


def hear_unknown(turn: Turn) -> None:
    """Take in that a command was never answered: as failed, with the code unknown, unless its work was heard of."""
    command = find(turn.call, turn.event.text("command_id"))
    if command is not None and (command.accepted or command.started or command.joined or command.leg is not None):
        if not command.accepted:
            _accept(turn, command)
        return
    told = {"title": "never answered", **turn.event.payload, "code": "unknown"}
    turn.event = turn.event.model_copy(update={"payload": told})
    hear_failed(turn)


def hear_gone(turn: Turn) -> None:
    """Take in that the leg of a command is over (R14); another leg's end is no news about ours."""
    command = find(turn.call, turn.event.text("command_id"))
    if command is None and turn.event.text("action") == "hangup":
        return
    if command is not None:
        forget(turn, command)
    begin_to_be_gone(turn)


def _accept(turn: Turn, command: Outstanding) -> None:
    prune_unsent(turn, command)
    if is_over_once_accepted(command.action):
        forget(turn, command)
    else:
        replace(turn, command.as_accepted())
    step = turn.step
    if step is None or not _may_move(turn) or not is_own_command(turn, command.command_id):
        return
    if step.goto is not None:
        enter(turn, step.goto)
    else:
        start_clock(turn, step)


def _may_move(turn: Turn) -> bool:
    return turn.has_flow and turn.can_command


def _failure(payload: dict[str, Any], action: str) -> dict[str, Any]:
    told = {name: payload.get(name) for name in ("code", "title", "detail")}
    return {"command": action, **told}
