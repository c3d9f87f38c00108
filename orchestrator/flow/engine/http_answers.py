"""What a web address answered to a step's `http`, or why it did not."""

from __future__ import annotations

from orchestrator.flow.engine.outstanding import find, forget, is_own_command
from orchestrator.flow.engine.turn import Turn
from orchestrator.flow.engine.walking import after_http, enter


def hear_http(turn: Turn) -> None:
    """Take in the answer; one that comes when its step was left, or after the end, moves nothing."""
    command = find(turn.call, turn.event.payload.get("command_id"))
    if command is None:
        return
    forget(turn, command)
    if turn.has_flow and turn.can_command and is_own_command(turn, command.command_id):
        enter(turn, after_http(turn, turn.event.type, turn.event.payload))
