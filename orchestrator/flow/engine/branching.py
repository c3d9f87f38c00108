"""Chooses the next step: the first branch that applies, what it stores, where it leads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from orchestrator.flow.actions import Branch, Value, WaitFor
from orchestrator.flow.engine.background_audio import stop_background_audio
from orchestrator.flow.engine.hangup import clear_step_timers
from orchestrator.flow.engine.pending_commands import is_gathering
from orchestrator.flow.engine.transition import Transition
from orchestrator.flow.templating.expressions import Scope
from orchestrator.flow.templating.values import TemplateFailure, as_text
from orchestrator.flow.vocabulary import BRIDGED, CANCELLED_AMD, DTMF, GREETING


def next_step(transition: Transition, event: str, payload: Mapping[str, Any]) -> str | None:
    """Return the step that an event leads to, after storing what its branch sets; None stays in the current step."""
    step = transition.step
    if step is None or leads_nowhere(transition, payload):
        return None
    is_awaited = isinstance(step.action, WaitFor) and step.action.event == event
    if is_awaited:
        _consume(transition, event)
    if is_awaited and event == BRIDGED:
        # The conversation follows: it has no time limit here, and nothing plays over it.
        stop_background_audio(transition)
        clear_step_timers(transition)
    if is_awaited and step.goto is not None and event not in step.on:
        return step.goto
    return take_first_branch(transition, branches_for(transition, event), payload)


def branches_for(transition: Transition, event: str) -> tuple[Branch, ...]:
    """Return the branches of an event: the step's own, else the flow's; of a digit during a gather, those for it."""
    if transition.step is None or transition.flow is None:
        return ()
    own = transition.step.on.get(event)
    branches = transition.flow.on.get(event, ()) if own is None else own
    if event == DTMF and is_gathering(transition.call):
        return tuple(branch for branch in branches if branch.during_gather)
    return branches


def first_that_applies(
    transition: Transition, branches: Iterable[Branch], payload: Mapping[str, Any] | None = None
) -> Branch | None:
    """Return the first branch that applies."""
    scope = transition.scope(payload)
    return next((branch for branch in branches if _applies(branch, scope)), None)


def take_first_branch(
    transition: Transition, branches: Iterable[Branch], payload: Mapping[str, Any] | None = None
) -> str | None:
    """Take the first branch that applies; return the step it leads to."""
    branch = first_that_applies(transition, branches, payload)
    return take_branch(transition, branch, payload) if branch else None


def take_branch(transition: Transition, branch: Branch, payload: Mapping[str, Any] | None = None) -> str | None:
    """Store what the branch sets; return the step it leads to."""
    store_answers(transition, branch.set, payload)
    if branch.outcome is not None:
        transition.call.outcome = branch.outcome
    return branch.goto


def store_answers(
    transition: Transition, values: Iterable[tuple[str, Value]], payload: Mapping[str, Any] | None = None
) -> None:
    """Store answers; each sees those before it."""
    for name, value in values:
        transition.call.answers = {**transition.call.answers, name: _computed(transition, value, payload)}


def _computed(transition: Transition, value: Value, payload: Mapping[str, Any] | None) -> Any:
    try:
        return value.value(transition.scope(payload))
    except TemplateFailure as err:
        transition.note(f"an answer could not be kept: {err}")
        return None


def _applies(branch: Branch, scope: Scope) -> bool:
    try:
        if branch.when is not None and not branch.when.read(scope):
            return False
        return all(_matches(scope["event"].get(name), texts, scope) for name, texts in branch.match)
    except TemplateFailure:
        return False


def _matches(found: Any, texts: tuple[Value, ...], scope: Scope) -> bool:
    said = as_text(found)
    return any(said == as_text(text.value(scope)) for text in texts)


def leads_nowhere(transition: Transition, payload: Mapping[str, Any]) -> bool:
    """Whether an ending leads nowhere: the leg is over, or the result of detection decides the next step instead.

    Where the result is known, or changes no step because the flow began without it, the ending takes its branches.
    """
    status = payload.get("status")
    awaits_result = (
        transition.flow is not None
        and transition.flow.start.answered is not None
        and transition.call.amd_result is None
    )
    return status == "call_hangup" or (status == CANCELLED_AMD and awaits_result)


def _consume(transition: Transition, event: str) -> None:
    # A greeting ends once in a call and that stays true; a digit or a recording serves one wait.
    if event != GREETING and event in transition.call.heard:
        transition.call.heard = {name: payload for name, payload in transition.call.heard.items() if name != event}
