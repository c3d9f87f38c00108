"""A flow in words: what each step does, and what leads from it to the next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from orchestrator.flow import Flow
from orchestrator.flow.actions import (
    Action,
    Branch,
    CallBack,
    Choose,
    Command,
    Constant,
    End,
    HttpRequest,
    SetAnswers,
    StreamPlay,
    Suppress,
    WaitFor,
)
from orchestrator.flow.definition import Step

START = "the call begins"


class Way(NamedTuple):
    """What leads from a step to another one, and when."""

    source: str
    target: str
    label: str


def ways_of(flow: Flow) -> list[tuple[str, str, list[Way]]]:
    """Return each step with what it does and where it leads, the beginning of the call first."""
    steps = [(name, does(step.action), _merged(name, _leading_on(step))) for name, step in flow.steps.items()]
    anywhere = [(event_in_words(event), branch.goto) for event, all_ in flow.on.items() for branch in all_]
    if any(target for _, target in anywhere):
        steps.append(("at any step", "whatever the call does", _merged("at any step", anywhere)))
    return [(START, "dialed or called", _merged(START, _beginning(flow))), *steps]


def does(action: Action) -> str:
    """Return what a step does, in few words."""
    match action:
        case Command():
            text = (action.body or action.plain).get("payload")
            return f"{action.action.replace('_', ' ')}" + (f" “{text}”" if isinstance(text, str) else "")
        case HttpRequest():
            return "asks a web address"
        case WaitFor():
            return f"waits for {event_in_words(action.event)}"
        case Suppress():
            return "blocks the number"
        case CallBack():
            return "will call back"
        case Choose():
            return "chooses"
        case SetAnswers():
            return "keeps answers"
        case StreamPlay():
            return "plays into the stream"
        case End():
            return "ends the call"


def event_in_words(event: str) -> str:
    """Return an event's name: `call.speak.ended` is `speak ended`."""
    return event.removeprefix("call.").replace(".", " ").replace("_", " ")


def _beginning(flow: Flow) -> Iterator[tuple[str, str | None]]:
    start = flow.start
    yield "", start.entry
    for result, target in start.by_result.items():
        yield result.replace("_", " "), target
    if start.answered and start.answered != start.by_result.get("human"):
        yield "answered", start.answered
    yield "not known in time", start.timeout_goto
    yield "somebody calls in", start.inbound


def _leading_on(step: Step) -> Iterator[tuple[str, str | None]]:
    for event, branches in step.on.items():
        for branch in branches:
            yield _label(event_in_words(event), branch), branch.goto
    if isinstance(step.action, Choose):
        for branch in step.action.branches:
            yield _label("", branch) or "else", branch.goto
    if step.timeout:
        yield f"after {step.timeout.after_s:g} s", step.timeout.branch.goto
    if step.repeat:
        yield f"more than {step.repeat.at_most} times", step.repeat.then
    yield "then", step.goto


def _label(event: str, branch: Branch) -> str:
    said = [f"{name} {' or '.join(map(_written, values))}" for name, values in branch.match]
    if branch.when is not None:
        said.append("by " + ", ".join(dict.fromkeys(".".join(path) for path in branch.when.paths)))
    return ": ".join(part for part in (event, ", ".join(said)) if part)


def _written(value: Any) -> str:
    return str(value.given) if isinstance(value, Constant) else "…"


def _merged(source: str, leading: Sequence[tuple[str, str | None]] | Iterator[tuple[str, str | None]]) -> list[Way]:
    """Return one way to each step, with all that leads there as its label."""
    labels: dict[str, list[str]] = {}
    for label, target in leading:
        if target is not None and label not in labels.setdefault(target, []):
            labels[target].append(label)
    return [Way(source, target, " · ".join(filter(None, said))) for target, said in labels.items()]
