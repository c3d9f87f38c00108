"""Walks the steps as a graph: what is never reached, and from where no hangup can be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from orchestrator.flow.actions import WaitFor
from orchestrator.flow.definition import Step
from orchestrator.flow.parsing.context import Desk
from orchestrator.flow.syntax.node import Spot


def check_graph(desk: Desk, first: Iterable[str], steps: Mapping[str, Step], places: Mapping[str, Spot]) -> None:
    """Tell steps that nothing leads to, and steps from which no way leads to the end.

    `first` are the steps that need no other to be reached: those of the start, and of what may come at any time.
    A step with a problem of its own counts as a way out: what hides behind it is told once it can be read.
    """
    ways = {name: {target for target in _targets(desk, step) if target in steps} for name, step in steps.items()}
    doubtful = {problem.step for problem in desk.problems}
    reached = _closure(first, ways)
    if not any(problem.pointer.startswith(("/start", "/inbound", "/on")) for problem in desk.problems):
        for name in ways.keys() - reached:
            desk.tell(places[name], "nothing leads to this step")
    backwards: dict[str, set[str]] = {name: set() for name in ways}
    for name, targets in ways.items():
        for target in targets:
            backwards[target].add(name)
    ends = {name for name, step in steps.items() if step.ends_call or name in doubtful}
    for name in ways.keys() - _closure(ends, backwards):
        desk.tell(places[name], "no way leads from here to a hangup or end")


def _targets(desk: Desk, step: Step) -> set[str]:
    """Return where a step leads; what it waits for may be the flow's own to handle."""
    awaited = desk.on.get(step.action.event, ()) if isinstance(step.action, WaitFor) else ()
    return {*step.targets(), *(branch.goto for branch in awaited if branch.goto)}


def _closure(first: Iterable[str], ways: Mapping[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    waiting = list(first)
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting.extend(ways.get(name, ()))
    return seen
