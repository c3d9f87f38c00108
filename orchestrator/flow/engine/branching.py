"""Choosing a way: the first branch that agrees, what it stores, where it leads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from orchestrator.flow.actions import Branch, Value, WaitFor
from orchestrator.flow.engine.background_audio import stop_during
from orchestrator.flow.engine.hangup import clear_step_timers
from orchestrator.flow.engine.pending_commands import runs_gather
from orchestrator.flow.engine.transition import Turn
from orchestrator.flow.templating.expressions import Scope
from orchestrator.flow.templating.values import TemplateFailure, as_text
from orchestrator.flow.vocabulary import BRIDGED, DTMF, GREETING


def way_on(turn: Turn, event: str, payload: Mapping[str, Any]) -> str | None:
    """Return the step an event leads to from the current one, having stored what its branch says; None stays."""
    step = turn.step
    if step is None or _was_cut(turn, payload):
        return None
    is_awaited = isinstance(step.action, WaitFor) and step.action.event == event
    if is_awaited:
        _use_up(turn, event)
    if is_awaited and event == BRIDGED:
        # What follows is the conversation: it lasts as long as it lasts, and nothing plays over it.
        stop_during(turn)
        clear_step_timers(turn)
    if is_awaited and step.goto is not None and event not in step.on:
        return step.goto
    branches: Iterable[Branch] = branches_for(turn, event)
    if event == DTMF and runs_gather(turn.call):
        branches = [branch for branch in branches if branch.during_gather]
    return take_first(turn, branches, payload)


def branches_for(turn: Turn, event: str) -> tuple[Branch, ...]:
    """Return the branches of an event: the step's own, else the flow's."""
    if turn.step is None or turn.flow is None:
        return ()
    own = turn.step.on.get(event)
    return turn.flow.on.get(event, ()) if own is None else own


def take_first(turn: Turn, branches: Iterable[Branch], payload: Mapping[str, Any] | None = None) -> str | None:
    """Take the first branch that agrees; return where it leads."""
    scope = turn.scope(payload)
    for branch in branches:
        if _agrees(branch, scope):
            return follow(turn, branch, payload)
    return None


def follow(turn: Turn, branch: Branch, payload: Mapping[str, Any] | None = None) -> str | None:
    """Store what the branch says, at once; return where it leads."""
    store(turn, branch.set, payload)
    if branch.outcome is not None:
        turn.call.outcome = branch.outcome
    return branch.goto


def store(turn: Turn, values: Iterable[tuple[str, Value]], payload: Mapping[str, Any] | None = None) -> None:
    """Store answers; each sees those before it."""
    for name, value in values:
        turn.call.answers = {**turn.call.answers, name: _computed(turn, value, payload)}


def _computed(turn: Turn, value: Value, payload: Mapping[str, Any] | None) -> Any:
    try:
        return value.value(turn.scope(payload))
    except TemplateFailure as err:
        turn.note(f"an answer could not be kept: {err}")
        return None


def _agrees(branch: Branch, scope: Scope) -> bool:
    try:
        if branch.when is not None and not branch.when.read(scope):
            return False
        return all(_matches(scope["event"].get(name), texts, scope) for name, texts in branch.match)
    except TemplateFailure:
        return False


def _matches(found: Any, texts: tuple[Value, ...], scope: Scope) -> bool:
    said = as_text(found)
    return any(said == as_text(text.value(scope)) for text in texts)


def _was_cut(turn: Turn, payload: Mapping[str, Any]) -> bool:
    """Whether an ending leads nowhere: the line is over, or a machine was found whose result leads on instead.

    Where the result is known, or leads nowhere because the flow has begun without it, the ending has its branches.
    """
    status = payload.get("status")
    awaits_result = turn.flow is not None and turn.flow.start.answered is not None and turn.call.amd_result is None
    return status == "call_hangup" or (status == "cancelled_amd" and awaits_result)


def _use_up(turn: Turn, event: str) -> None:
    # A greeting ends once in a call and that stays true; a digit or a recording serves one wait.
    if event != GREETING and event in turn.call.heard:
        turn.call.heard = {name: payload for name, payload in turn.call.heard.items() if name != event}
