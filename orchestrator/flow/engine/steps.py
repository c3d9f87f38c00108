"""Enters steps one after another, until one has to wait."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from orchestrator.flow.actions import (
    CallBack,
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
from orchestrator.flow.engine.background_audio import start_background_audio, stop_background_audio
from orchestrator.flow.engine.branching import branches_for, leads_nowhere, next_step, store_answers, take_first_branch
from orchestrator.flow.engine.callback import wish_for_callback
from orchestrator.flow.engine.hangup import clear_step_timers, hang_up
from orchestrator.flow.engine.notices import forget_notices, with_notices
from orchestrator.flow.engine.pending_commands import running_command
from orchestrator.flow.engine.render_command import render_body
from orchestrator.flow.engine.transition import OWN, STOP, Transition
from orchestrator.flow.limits import MAX_VISITS, STALL_S
from orchestrator.flow.templating.values import TemplateFailure
from orchestrator.flow.vocabulary import (
    BESIDE,
    BRIDGED,
    CANCELLED_AMD,
    COMMAND_FAILED,
    CONNECTING,
    HTTP_FAILED,
    stop_of,
)
from orchestrator.model.live_call import Suppression
from orchestrator.model.own_streams import STREAM_PLAY


def enter(transition: Transition, name: str | None) -> None:
    """Enter a step, and the steps it leads to, until one has to wait; None stays in the current step."""
    while name is not None:
        name = _visit(transition, name)


def enter_again(transition: Transition, step: Step) -> None:
    """Enter the current step once more; it counts as one visit to it."""
    times = transition.call.visits.get(step.name, 1)
    transition.call.visits = {**transition.call.visits, step.name: times - 1}
    enter(transition, step.name)


def leave_step(transition: Transition, *, coming: Step | None = None) -> None:
    """Leave the current step: stop its command unless the `coming` step does, drop what is unsent, clear its timers."""
    if transition.call.step is None:
        return
    stop_background_audio(transition)
    own = running_command(transition.call)
    if own is not None and _stops(coming, own.action):
        pass
    elif own is not None and (stop := _to_be_stopped_by(transition, own.action)) and transition.can_command:
        transition.send_optional(stop, command_id=transition.command_id(STOP))
    elif own is not None and own.leg and not own.joined and transition.can_command:
        # A transfer that still rings: its second leg is hung up.
        transition.hang_up_other_leg(own.leg, command_id=transition.command_id(STOP), role=own.role or "B")
    transition.drops_step = True
    clear_step_timers(transition)


def start_step_timer(transition: Transition, step: Step) -> None:
    """Start the step's own timeout, or the default one after which it counts as stalled (R15)."""
    visit = transition.call.visit
    stall_s = _stall_s(step)
    if step.timeout is not None:
        transition.set_timer(f"step:{visit}", step.timeout.after_s)
        transition.clear_timer(f"stall:{visit}")
    elif stall_s is not None:
        transition.set_timer(f"stall:{visit}", stall_s)
    else:
        transition.clear_timer(f"stall:{visit}")


def go_on_after_notices(transition: Transition, payload: Mapping[str, Any]) -> None:
    """Begin the step that waited for the notices to be spoken; a machine that cut them off hears them again before."""
    step, is_cut = transition.step, payload.get("status") == CANCELLED_AMD
    if is_cut:
        forget_notices(transition)
    else:
        transition.call.notices_said = True
    if step is None or not (transition.has_flow and transition.can_command) or leads_nowhere(transition, payload):
        return
    if is_cut:
        enter_again(transition, step)
    else:
        enter(transition, _perform(transition, step))


def on_step_failed(transition: Transition, failure: Mapping[str, Any]) -> str | None:
    """Return where the branch for a failed command leads; without one, hang up with the outcome `error`.

    The flow-wide handler does not lead to the step it leads from: what fails there would fail for ever.
    """
    if branches_for(transition, COMMAND_FAILED):
        branch = next_step(transition, COMMAND_FAILED, failure)
        if (
            branch is None
            or branch != transition.call.step
            or (transition.step and COMMAND_FAILED in transition.step.on)
        ):
            return branch
    transition.call.outcome, transition.call.error = "error", dict(failure)
    hang_up(transition)
    return None


def end_stalled_call(transition: Transition) -> None:
    """Hang up a call whose step, or whose answer before the first step, took too long."""
    transition.note(f"step {transition.call.step} stalled" if transition.call.step else "the answer stalled")
    transition.call.outcome = "stalled"
    hang_up(transition)


def _visit(transition: Transition, name: str) -> str | None:
    step = transition.flow.steps.get(name) if transition.flow else None
    times = transition.call.visits.get(name, 0)
    is_spent = step is not None and step.repeat is not None and times >= step.repeat.at_most
    leave_step(transition, coming=None if is_spent else step)
    visit = transition.call.visit + 1
    if step is None or visit > MAX_VISITS:
        transition.call.outcome = "flow_limit" if step else "error"
        hang_up(transition)
        return None
    if step.repeat is not None and is_spent:
        transition.call.visit = visit
        return step.repeat.then
    transition.call.step, transition.call.visit = name, visit
    transition.call.visits = {**transition.call.visits, name: times + 1}
    if isinstance(step.action, Command | HttpRequest | StreamPlay) and not transition.can_command:
        # The leg is over (R12): its commands cannot be sent, so the flow ends here.
        transition.call.closing = True
        return None
    if step.outcome is not None:
        transition.call.outcome = step.outcome
    return _perform(transition, step)


def _perform(transition: Transition, step: Step) -> str | None:
    match step.action:
        case Command():
            return _send_command(transition, step, step.action)
        case HttpRequest():
            return _send_http_request(transition, step, step.action)
        case StreamPlay(payload=payload):
            if with_notices(transition, STREAM_PLAY, {}) is not None:
                transition.send(STREAM_PLAY, {"payload": payload}, index=OWN)
                transition.set_timer(f"stall:{transition.call.visit}", STALL_S)
            return None
        case WaitFor(event=event):
            start_step_timer(transition, step)
            heard = transition.call.heard.get(event)
            if heard is not None:
                return next_step(transition, event, heard)
            start_background_audio(transition, step)
            return None
        case Suppress(scope=scope, reason=reason):
            _suppress(transition, scope, reason)
            return step.goto
        case CallBack() as action:
            why = wish_for_callback(transition, action)
            return on_step_failed(transition, _unmet("callback", why)) if why else step.goto
        case Choose(branches=branches):
            return take_first_branch(transition, branches)
        case SetAnswers(set=values):
            store_answers(transition, values)
            return step.goto
        case End():
            hang_up(transition)
            return None


def _send_command(transition: Transition, step: Step, command: Command) -> str | None:
    scope = transition.scope()
    try:
        body = render_body(command, scope)
        state = str(step.state.text(scope)) if step.state else None
    except (TemplateFailure, ValidationError) as err:
        return on_step_failed(transition, _failure(command, transition.note_unsendable(command.action, err)))
    if command.action == "hangup":
        hang_up(transition, body, user_state=state)
        return None
    announced = with_notices(transition, command.action, body)
    if announced is None:
        return None
    _forget_caused_events(transition, command.action)
    transition.send(command.action, announced, index=OWN, user_state=state)
    start_background_audio(transition, step)
    # Until the carrier responds; then the step's own timer starts.
    transition.set_timer(f"stall:{transition.call.visit}", STALL_S)
    return None


def _send_http_request(transition: Transition, step: Step, request: HttpRequest) -> str | None:
    try:
        body = request.body(transition.scope())
    except TemplateFailure as err:
        return after_http(
            transition, HTTP_FAILED, {"reason": "template", "detail": transition.note_unsendable("http", err)}
        )
    start_background_audio(transition, step)
    transition.send("http", body, index=OWN)
    transition.set_timer(f"stall:{transition.call.visit}", STALL_S)
    return None


def after_http(transition: Transition, event: str, payload: Mapping[str, Any]) -> str | None:
    """Return where the response to the step's `http` request, or its failure, leads."""
    step = transition.step
    return step.goto if step is not None and step.goto is not None else next_step(transition, event, payload)


def _failure(command: Command, detail: str) -> dict[str, Any]:
    return _unmet(command.action, detail)


def _unmet(action: str, detail: str) -> dict[str, Any]:
    return {"command": action, "code": "template", "title": "the step could not be filled in", "detail": detail}


def _suppress(transition: Transition, scope: str, reason: Value) -> None:
    try:
        said = str(reason.text(transition.scope()))
    except TemplateFailure:
        said = "opt-out"
    # A call without a campaign: the number is suppressed everywhere.
    where = transition.call.campaign_id or "global" if scope == "campaign" else "global"
    wish = Suppression(scope=where, reason=said[:200])
    if all(known.scope != where for known in transition.call.suppressions):
        transition.call.suppressions = (*transition.call.suppressions, wish)


def _forget_caused_events(transition: Transition, action: str) -> None:
    """Forget events that an earlier command of this kind caused: a later wait is for this command's."""
    old = transition.call.heard.keys() & (caused_by(action) | ({BRIDGED} if action in CONNECTING else set()))
    if old:
        transition.call.heard = {name: payload for name, payload in transition.call.heard.items() if name not in old}


def _stops(coming: Step | None, action: str) -> bool:
    """Whether a step itself stops a command: a second stop would fail, and the flow would receive the failure."""
    return coming is not None and isinstance(coming.action, Command) and coming.action.action == stop_of(action)


def _to_be_stopped_by(transition: Transition, action: str) -> str | None:
    # With a goto it was started to run in the background of the following steps.
    goes_on = action in BESIDE and transition.step is not None and transition.step.goto is not None
    return None if goes_on else stop_of(action)


def _stall_s(step: Step) -> float | None:
    match step.action:
        case Command(stall_s=stall_s) | WaitFor(stall_s=stall_s):
            return stall_s
        case StreamPlay():
            return STALL_S
        case _:
            return None
