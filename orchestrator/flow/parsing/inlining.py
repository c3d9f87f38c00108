"""Copies the steps of an included flow into the including one, under prefixed names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from orchestrator.flow.actions import Action, Branch, Choose, End, SetAnswers
from orchestrator.flow.definition import Flow, Step


def inlined(flow: Flow, *, under: str, leave: str | None) -> dict[str, Step]:
    """Return the flow's steps, named `under.step`; an `end` leads to `leave` if there is one."""
    moved = (_moved(step, under, leave) for step in flow.steps.values())
    return {step.name: step for step in moved}


def _moved(step: Step, under: str, leave: str | None) -> Step:
    goto = leave if isinstance(step.action, End) else _to(step.goto, under)
    timeout = step.timeout and replace(step.timeout, branch=_branch(step.timeout.branch, under))
    repeat = step.repeat and replace(step.repeat, then=f"{under}.{step.repeat.then}")
    return replace(
        step,
        name=f"{under}.{step.name}",
        action=_action(step.action, under, leave),
        on={event: _branches(branches, under) for event, branches in step.on.items()},
        goto=goto,
        timeout=timeout,
        repeat=repeat,
    )


def _action(action: Action, under: str, leave: str | None) -> Action:
    if isinstance(action, End) and leave is not None:
        return SetAnswers(())
    return Choose(_branches(action.branches, under)) if isinstance(action, Choose) else action


def _branches(branches: Iterable[Branch], under: str) -> tuple[Branch, ...]:
    return tuple(_branch(branch, under) for branch in branches)


def _branch(branch: Branch, under: str) -> Branch:
    return replace(branch, goto=_to(branch.goto, under))


def _to(step: str | None, under: str) -> str | None:
    return None if step is None else f"{under}.{step}"
