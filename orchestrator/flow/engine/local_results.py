"""Handles the results of actions that no carrier carries out: HTTP requests and sounds played into a stream."""

from __future__ import annotations

from orchestrator.flow.engine.branching import next_step
from orchestrator.flow.engine.pending_commands import find_pending, is_own_command, remove_pending
from orchestrator.flow.engine.steps import after_http, enter
from orchestrator.flow.engine.transition import Transition
from orchestrator.telnyx.commands import COMMANDS


def on_http_result(transition: Transition) -> None:
    """Handle the response to a step's `http` request, or its failure."""
    if _is_awaited(transition):
        enter(transition, after_http(transition, transition.event.type, transition.event.payload))


def on_stream_play_ended(transition: Transition) -> None:
    """Handle the end of a sound played into the stream, completed or cut off."""
    if _is_awaited(transition):
        enter(transition, next_step(transition, transition.event.type, transition.event.payload))


def _is_awaited(transition: Transition) -> bool:
    """Return whether the call is still at the step that sent it; a late result changes nothing."""
    command = find_pending(transition.call, transition.event.text("command_id"))
    if command is None or command.action in COMMANDS:
        return False  # the result of a carrier's command comes from the carrier only
    remove_pending(transition, command)
    return transition.has_flow and transition.can_command and is_own_command(transition, command.command_id)
