"""Entering steps, one after the other, until one has to wait."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from orchestrator.flow.actions import (
    Choose,
    Command,
    End,
    HttpRequest,
    SetAnswers,
    StreamPlay,
    Suppress,
    Value,
    WaitFor,
)
from orchestrator.flow.command_events import caused_by
from orchestrator.flow.definition import Step
from orchestrator.flow.engine.background_audio import begin_during, stop_during
from orchestrator.flow.engine.branching import branches_for, store, take_first, way_on
from orchestrator.flow.engine.hangup import clear_step_timers, hang_up
from orchestrator.flow.engine.pending_commands import running
from orchestrator.flow.engine.render_command import body_of
from orchestrator.flow.engine.transition import OWN, STOP, Turn
from orchestrator.flow.limits import MAX_VISITS, STALL_S
from orchestrator.flow.templating.values import TemplateFailure
from orchestrator.flow.vocabulary import BESIDE, BRIDGED, COMMAND_FAILED, CONNECTING, HTTP_FAILED, STREAM_PLAY, stop_of
from orchestrator.model.live_call import Suppression


def enter(turn: Turn, name: str | None) -> None:
    """Go to a step and on from it as far as it goes; None stays."""
    while name is not None:
        name = _visit(turn, name)


def leave_step(turn: Turn, *, coming: Step | None = None) -> None:
    """Stop what the step still runs, unless the `coming` one does, drop what it has not sent, clear its timers."""
    if turn.call.step is None:
        return
    stop_during(turn)
    own = running(turn.call)
    if own is not None and _stops(coming, own.action):
        pass
    elif own is not None and (stop := _to_be_stopped_by(turn, own.action)) and turn.can_command:
        turn.send_aside(stop, command_id=turn.command_id(STOP))
    elif own is not None and own.leg and not own.joined and turn.can_command:
        # A transfer that still rings: its leg is hung up, ours stays.
        turn.hang_up_other(own.leg, command_id=turn.command_id(STOP), role=own.role or "B")
    turn.drops_step = True
    clear_step_timers(turn)


def start_clock(turn: Turn, step: Step) -> None:
    """Start the step's own timeout, or else the default that calls it stalled (R15)."""
    visit = turn.call.visit
    stall_s = _stall_s(step)
    if step.timeout is not None:
        turn.set_timer(f"step:{visit}", step.timeout.after_s)
        turn.clear_timer(f"stall:{visit}")
    elif stall_s is not None:
        turn.set_timer(f"stall:{visit}", stall_s)
    else:
        turn.clear_timer(f"stall:{visit}")


def fail(turn: Turn, failure: Mapping[str, Any]) -> str | None:
    """Take the way for a failed command; without one the call is hung up with the outcome error.

    A step that the flow's own handler leads to is not led to itself again: what fails there would fail for ever.
    """
    if branches_for(turn, COMMAND_FAILED):
        way = way_on(turn, COMMAND_FAILED, failure)
        if way is None or way != turn.call.step or (turn.step and COMMAND_FAILED in turn.step.on):
            return way
    turn.call.outcome, turn.call.error = "error", dict(failure)
    hang_up(turn)
    return None


def stall(turn: Turn) -> None:
    """Give up on a step that took too long, or on the answer that comes before the first."""
    turn.note(f"step {turn.call.step} stalled" if turn.call.step else "the answer stalled")
    turn.call.outcome = "stalled"
    hang_up(turn)


def _visit(turn: Turn, name: str) -> str | None:
    step = turn.flow.steps.get(name) if turn.flow else None
    times = turn.call.visits.get(name, 0)
    is_spent = step is not None and step.repeat is not None and times >= step.repeat.at_most
    leave_step(turn, coming=None if is_spent else step)
    visit = turn.call.visit + 1
    if step is None or visit > MAX_VISITS:
        turn.call.outcome = "flow_limit" if step else "error"
        hang_up(turn)
        return None
    if step.repeat is not None and is_spent:
        turn.call.visit = visit
        return step.repeat.then
    turn.call.step, turn.call.visit = name, visit
    turn.call.visits = {**turn.call.visits, name: times + 1}
    if isinstance(step.action, Command | HttpRequest | StreamPlay) and not turn.can_command:
        # The line is over (R12): what would be said is not said, and nothing lies behind it.
        turn.call.closing = True
        return None
    if step.outcome is not None:
        turn.call.outcome = step.outcome
    return _perform(turn, step)


def _perform(turn: Turn, step: Step) -> str | None:
    match step.action:
        case Command():
            return _command(turn, step, step.action)
        case HttpRequest():
            return _ask(turn, step, step.action)
        case StreamPlay(payload=payload):
            turn.send(STREAM_PLAY, {"payload": payload}, index=OWN)
            turn.set_timer(f"stall:{turn.call.visit}", STALL_S)
            return None
        case WaitFor(event=event):
            start_clock(turn, step)
            heard = turn.call.heard.get(event)
            if heard is not None:
                return way_on(turn, event, heard)
            begin_during(turn, step)
            return None
        case Suppress(scope=scope, reason=reason):
            _suppress(turn, scope, reason)
            return step.goto
        case Choose(branches=branches):
            return take_first(turn, branches)
        case SetAnswers(set=values):
            store(turn, values)
            return step.goto
        case End():
            hang_up(turn)
            return None


def _command(turn: Turn, step: Step, command: Command) -> str | None:
    scope = turn.scope()
    try:
        body = body_of(command, scope)
        state = str(step.state.text(scope)) if step.state else None
    except (TemplateFailure, ValidationError) as err:
        return fail(turn, _failure(command, turn.cannot_send(command.action, err)))
    if command.action == "hangup":
        hang_up(turn, body, user_state=state)
        return None
    _forget_heard(turn, command.action)
    turn.send(command.action, body, index=OWN, user_state=state)
    begin_during(turn, step)
    # Until the carrier answers; then the step's own clock starts.
    turn.set_timer(f"stall:{turn.call.visit}", STALL_S)
    return None


def _ask(turn: Turn, step: Step, request: HttpRequest) -> str | None:
    try:
        body = request.body(turn.scope())
    except TemplateFailure as err:
        return after_http(turn, HTTP_FAILED, {"reason": "template", "detail": turn.cannot_send("http", err)})
    begin_during(turn, step)
    turn.send("http", body, index=OWN)
    turn.set_timer(f"stall:{turn.call.visit}", STALL_S)
    return None


def after_http(turn: Turn, event: str, payload: Mapping[str, Any]) -> str | None:
    """Return where an answer to the step's `http` leads, or that there was none."""
    step = turn.step
    return step.goto if step is not None and step.goto is not None else way_on(turn, event, payload)


def _failure(command: Command, detail: str) -> dict[str, Any]:
    return {"command": command.action, "code": "template", "title": "the step could not be filled in", "detail": detail}


def _suppress(turn: Turn, scope: str, reason: Value) -> None:
    try:
        said = str(reason.text(turn.scope()))
    except TemplateFailure:
        said = "opt-out"
    # A call of no campaign has none to be taken off: then the wish counts everywhere.
    where = turn.call.campaign_id or "global" if scope == "campaign" else "global"
    wish = Suppression(scope=where, reason=said[:200])
    if all(known.scope != where for known in turn.call.suppressions):
        turn.call.suppressions = (*turn.call.suppressions, wish)


def _forget_heard(turn: Turn, action: str) -> None:
    """Forget what an earlier command caused: a wait after this one waits for what this one causes."""
    old = turn.call.heard.keys() & (caused_by(action) | ({BRIDGED} if action in CONNECTING else set()))
    if old:
        turn.call.heard = {name: payload for name, payload in turn.call.heard.items() if name not in old}


def _stops(coming: Step | None, action: str) -> bool:
    """Whether a step is itself what stops a command: a second stop would fail, and the flow would hear of it."""
    return coming is not None and isinstance(coming.action, Command) and coming.action.action == stop_of(action)


def _to_be_stopped_by(turn: Turn, action: str) -> str | None:
    # With a goto it was started to run beside the steps that follow.
    goes_on = action in BESIDE and turn.step is not None and turn.step.goto is not None
    return None if goes_on else stop_of(action)


def _stall_s(step: Step) -> float | None:
    match step.action:
        case Command(stall_s=stall_s) | WaitFor(stall_s=stall_s):
            return stall_s
        case StreamPlay():
            return STALL_S
        case _:
            return None
