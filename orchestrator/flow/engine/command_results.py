"""Handles the result of a command: accepted, failed, never answered, or too late for its leg."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from orchestrator.flow.engine.branching import branches_for, next_step
from orchestrator.flow.engine.first_sound import note_accepted_sound
from orchestrator.flow.engine.hangup import hang_up_again, on_leg_gone
from orchestrator.flow.engine.notices import note_notices, notices_alone
from orchestrator.flow.engine.pending_commands import (
    find_pending,
    is_over_once_accepted,
    is_own_command,
    prune_unsent,
    remove_pending,
    replace_pending,
)
from orchestrator.flow.engine.second_legs import release_leg_letter
from orchestrator.flow.engine.steps import enter, on_step_failed, start_step_timer
from orchestrator.flow.engine.transition import Transition
from orchestrator.flow.vocabulary import COMMAND_FAILED, TARGET_HANGUP
from orchestrator.model.live_call import NO_VISIT, Outstanding
from orchestrator.policy.hold_reasons import Reason

_NOT_CALLED: Final = frozenset({Reason.SUPPRESSED, Reason.CONSENT_REVOKED})


def on_command_accepted(transition: Transition) -> None:
    """Handle an accepted command: the step's timer starts, or its `goto` leads on."""
    command = find_pending(transition.call, transition.event.text("command_id"))
    if command is not None:
        _accept(transition, command)


def accept_proven_commands(transition: Transition) -> None:
    """Accept commands whose events came before their response: the response may never come."""
    for command_id in transition.proven:
        command = find_pending(transition.call, command_id)
        if command is not None:
            _accept(transition, command)


def on_command_failed(transition: Transition) -> None:
    """Handle a refused or unanswered command: take the step's `command.failed`, or end the call."""
    payload = transition.event.payload
    command = find_pending(transition.call, transition.event.text("command_id"))
    if command is None:
        return  # an optional command, such as the stop of what had ended
    if command.leg is not None or (command.accepted and (command.started or command.joined)):
        transition.note(f"{command.action} was refused when it was said again: {transition.event.text('code')}")
        return
    remove_pending(transition, command)
    if command.action == "bridge" and command.visit == NO_VISIT:
        release_leg_letter(transition, command)
    transition.note(f"{command.action} failed: {transition.event.text('code')} {payload.get('title') or ''}".strip())
    if transition.call.phase == "ended":
        return
    if command.action == "hangup":
        hang_up_again(transition)
    elif _may_move(transition) and _is_of_step(transition, command.command_id):
        enter(transition, _after_failure(transition, _failure(payload, command.action)))


def on_command_unknown(transition: Transition) -> None:
    """Handle a command without a response: failed with the code `unknown`, unless its events prove the contrary."""
    command = find_pending(transition.call, transition.event.text("command_id"))
    if command is not None and (command.accepted or command.started or command.joined or command.leg is not None):
        if not command.accepted:
            _accept(transition, command)
        return
    fields = {"title": "never answered", **transition.event.payload, "code": "unknown"}
    transition.event = transition.event.model_copy(update={"payload": fields})
    on_command_failed(transition)


def on_command_gone(transition: Transition) -> None:
    """Handle the answer that a command's leg has ended (R14); another leg's end says nothing about the call's own."""
    command = find_pending(transition.call, transition.event.text("command_id"))
    if command is None and transition.event.text("action") == "hangup":
        return
    if command is not None:
        remove_pending(transition, command)
    on_leg_gone(transition)


def _accept(transition: Transition, command: Outstanding) -> None:
    prune_unsent(transition, command)
    note_accepted_sound(transition, command.action)
    note_notices(transition, command.command_id)
    if is_over_once_accepted(command.action):
        remove_pending(transition, command)
    else:
        replace_pending(transition, command.as_accepted())
    step = transition.step
    if step is None or not _may_move(transition) or not is_own_command(transition, command.command_id):
        return
    if step.goto is not None:
        enter(transition, step.goto)
    else:
        start_step_timer(transition, step)


def _after_failure(transition: Transition, failure: Mapping[str, Any]) -> str | None:
    """Return where a failed command leads; a target that must not be called is otherwise one that did not answer."""
    if failure["code"] in _NOT_CALLED and not branches_for(transition, COMMAND_FAILED):
        step = next_step(transition, TARGET_HANGUP, {**failure, "hangup_cause": failure["code"]})
        if step is not None:
            return step
    return on_step_failed(transition, failure)


def _may_move(transition: Transition) -> bool:
    return transition.has_flow and transition.can_command


def _is_of_step(transition: Transition, command_id: str) -> bool:
    """Whether the step failed with this command: without the notices that it waits for it does not begin."""
    return is_own_command(transition, command_id) or command_id == notices_alone(transition)


def _failure(payload: dict[str, Any], action: str) -> dict[str, Any]:
    fields = {name: payload.get(name) for name in ("code", "title", "detail")}
    return {"command": action, **fields}
