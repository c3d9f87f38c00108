"""What is played or spoken while a step waits: begun with the step, stopped when its wait is over."""

from __future__ import annotations

from pydantic import ValidationError

from orchestrator.flow.definition import Step
from orchestrator.flow.engine.pending_commands import find, replace
from orchestrator.flow.engine.render_command import body_of
from orchestrator.flow.engine.transition import DURING, DURING_STOP, Turn
from orchestrator.flow.templating.values import TemplateFailure
from orchestrator.telnyx.commands import STOPS


def begin_during(turn: Turn, step: Step) -> None:
    """Begin what is heard during the step; the call goes on without it if it fails."""
    if step.during is None or not turn.can_command:
        return
    try:
        body = body_of(step.during, turn.scope())
    except (TemplateFailure, ValidationError) as err:
        turn.cannot_send(step.during.action, err)
        return
    turn.send(step.during.action, body, index=DURING)


def stop_during(turn: Turn) -> None:
    """Stop what is heard during the step, once, unless it has ended."""
    if turn.step is not None and turn.step.during is None:
        return
    playing = find(turn.call, turn.command_id(DURING))
    if playing is None or playing.stopped or not turn.can_command:
        return
    replace(turn, playing.as_stopped())
    turn.send_aside(STOPS[playing.action], command_id=turn.command_id(DURING_STOP))
