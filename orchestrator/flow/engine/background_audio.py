"""Audio that plays while a step waits: started with the step, stopped when its wait is over."""

from __future__ import annotations

from pydantic import ValidationError

from orchestrator.flow.definition import Step
from orchestrator.flow.engine.pending_commands import find_pending, replace_pending
from orchestrator.flow.engine.render_command import render_body
from orchestrator.flow.engine.transition import DURING, DURING_STOP, Transition
from orchestrator.flow.templating.values import TemplateFailure
from orchestrator.telnyx.commands import STOPS


def start_background_audio(transition: Transition, step: Step) -> None:
    """Start the step's background audio; the call goes on without it if it fails."""
    if step.during is None or not transition.can_command:
        return
    try:
        body = render_body(step.during, transition.scope())
    except (TemplateFailure, ValidationError) as err:
        transition.note_unsendable(step.during.action, err)
        return
    transition.send(step.during.action, body, index=DURING)


def stop_background_audio(transition: Transition) -> None:
    """Stop the step's background audio, once, unless it has ended."""
    if transition.step is not None and transition.step.during is None:
        return
    playing = find_pending(transition.call, transition.command_id(DURING))
    if playing is None or playing.stopped or not transition.can_command:
        return
    replace_pending(transition, playing.as_stopped())
    transition.send_optional(STOPS[playing.action], command_id=transition.command_id(DURING_STOP))
