"""What came of a command that no carrier carries out: a web address answered, a sound was played."""

from __future__ import annotations

from orchestrator.flow.engine.branching import way_on
from orchestrator.flow.engine.pending_commands import find, forget, is_own_command
from orchestrator.flow.engine.steps import after_http, enter
from orchestrator.flow.engine.transition import Turn
from orchestrator.telnyx.commands import COMMANDS


def hear_http(turn: Turn) -> None:
    """Take in the answer to a step's `http`, or why there was none."""
    if _is_awaited(turn):
        enter(turn, after_http(turn, turn.event.type, turn.event.payload))


def hear_stream_play(turn: Turn) -> None:
    """Take in that a sound was heard to its end, or cut off with its stream."""
    if _is_awaited(turn):
        enter(turn, way_on(turn, turn.event.type, turn.event.payload))


def _is_awaited(turn: Turn) -> bool:
    """Say whether the call still stands at the step that asked; what comes later, or after the end, moves nothing."""
    command = find(turn.call, turn.event.text("command_id"))
    if command is None or command.action in COMMANDS:
        return False  # only the carrier tells what became of a command of its own
    forget(turn, command)
    return turn.has_flow and turn.can_command and is_own_command(turn, command.command_id)
