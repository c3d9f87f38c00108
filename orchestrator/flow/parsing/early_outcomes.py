"""Warns of outcomes that are set before what they stand for is known to have happened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from orchestrator.flow.actions import Branch, Command, StreamPlay
from orchestrator.flow.definition import Step
from orchestrator.flow.parsing.context import ParseContext
from orchestrator.flow.syntax.node import DocumentNode
from orchestrator.flow.vocabulary import GREETING, TARGET_BRIDGED, ending_of, event_name
from orchestrator.model.own_streams import STREAM_PLAY

_SPEECH: Final = frozenset({"speak", "playback_start", STREAM_PLAY})
"""Commands that end with a status: `completed` only if everything was played."""
_SPEECH_ENDED: Final = frozenset(map(ending_of, _SPEECH))


def warn_of_early_outcomes(
    context: ParseContext, steps: Mapping[str, Step], step_nodes: Mapping[str, DocumentNode]
) -> None:
    """Warn of each outcome that is set before its command has ended, whatever its ending, or before it has started."""
    for name, place in step_nodes.items():
        step = steps[name]
        _warn_of_its_own(context, place, step)
        _warn_of_any_ending(context, place, step)
        _warn_of_the_greeting(context, place, step, steps)


def _warn_of_its_own(context: ParseContext, place: DocumentNode, step: Step) -> None:
    action, node = _command_of(step), place.child("outcome")
    if action is None or node is None or step.outcome is None or step.goto is not None:
        return
    end = TARGET_BRIDGED if action == "transfer" else ending_of(action)
    if end is not None:
        context.warn(
            node, f"the outcome {step.outcome} counts as soon as {action} begins; {_instead(step.outcome, end)}"
        )


def _warn_of_any_ending(context: ParseContext, place: DocumentNode, step: Step) -> None:
    action = _command_of(step)
    if action not in _SPEECH:
        return
    end = str(ending_of(action))
    for node, branch in _written(place, step, end):
        if _asks_for_status(branch):
            return  # the branches that follow know how it ended
        if branch.outcome is not None:
            detail = f"the outcome {branch.outcome} counts even if {action} is cut off; {_instead(branch.outcome, end)}"
            context.warn(node, detail)


def _warn_of_the_greeting(context: ParseContext, place: DocumentNode, step: Step, steps: Mapping[str, Step]) -> None:
    for node, branch in _written(place, step, GREETING):
        following = steps.get(branch.goto or "")
        if branch.outcome is not None and following is not None and _command_of(following) in _SPEECH:
            end = str(ending_of(str(_command_of(following))))
            detail = f"the outcome {branch.outcome} counts before anything is said; {_instead(branch.outcome, end)}"
            context.warn(node, detail)


def _instead(outcome: str, event: str) -> str:
    if event in _SPEECH_ENDED:  # with a branch for every other ending, which the check of branches asks for
        return f"write {event}: [{{match: {{status: completed}}, outcome: {outcome}, goto: …}}, {{goto: …}}]"
    return f"write {event}: {{outcome: {outcome}, goto: …}}"


def _written(place: DocumentNode, step: Step, event: str) -> Iterator[tuple[DocumentNode, Branch]]:
    """Yield the branches of an event with their nodes."""
    on = place.child("on")
    for written, entry in on.entries() if on else ():
        if event_name(written) == event:
            yield from zip(entry.items() or [entry], step.on.get(event, ()), strict=False)


def _asks_for_status(branch: Branch) -> bool:
    asked = branch.when is not None and ("event", "status") in branch.when.paths
    return asked or any(name == "status" for name, _ in branch.match)


def _command_of(step: Step) -> str | None:
    match step.action:
        case Command(action=action):
            return action
        case StreamPlay():
            return STREAM_PLAY
        case _:
            return None
