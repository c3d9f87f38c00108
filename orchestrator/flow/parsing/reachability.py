"""Checks the steps as a graph: which are never reached, and from which no hangup can be reached."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from orchestrator.flow.actions import WaitFor
from orchestrator.flow.definition import Step
from orchestrator.flow.parsing.context import ParseContext
from orchestrator.flow.syntax.node import DocumentNode


def check_reachability(
    context: ParseContext, first: Iterable[str], steps: Mapping[str, Step], step_nodes: Mapping[str, DocumentNode]
) -> None:
    """Report steps that nothing leads to, and steps from which no path leads to the end.

    `first` are the steps that need no other to be reached: those of the start, and of what may come at any time.
    A step with a problem counts as an end: what follows it is checked once it can be parsed.
    """
    ways = {name: {target for target in _targets(context, step) if target in steps} for name, step in steps.items()}
    unread = {problem.step for problem in context.problems}
    reached = _reachable(first, ways)
    if not any(problem.pointer.startswith(("/start", "/inbound", "/on")) for problem in context.problems):
        for name in ways.keys() - reached:
            context.report(step_nodes[name], "nothing leads to this step")
    backwards: dict[str, set[str]] = {name: set() for name in ways}
    for name, targets in ways.items():
        for target in targets:
            backwards[target].add(name)
    ends = {name for name, step in steps.items() if step.ends_call or name in unread}
    for name in ways.keys() - _reachable(ends, backwards):
        context.report(step_nodes[name], "no way leads from here to a hangup or end")


def _targets(context: ParseContext, step: Step) -> set[str]:
    """Return the steps that a step can lead to, flow-wide handlers of the awaited event included."""
    awaited = context.on.get(step.action.event, ()) if isinstance(step.action, WaitFor) else ()
    return {*step.targets(), *(branch.goto for branch in awaited if branch.goto)}


def _reachable(first: Iterable[str], ways: Mapping[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    waiting = list(first)
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting.extend(ways.get(name, ()))
    return seen
