"""Warns of outcomes that count although what they stand for may have been cut off, or never came about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from orchestrator.flow.actions import Branch, Command, StreamPlay
from orchestrator.flow.definition import Step
from orchestrator.flow.parsing.context import Desk
from orchestrator.flow.syntax.node import Spot
from orchestrator.flow.vocabulary import GREETING, STREAM_PLAY, TARGET_BRIDGED, ending_of, event_name

_SAID: Final = frozenset({"speak", "playback_start", STREAM_PLAY})
"""What ends with a status, which is `completed` only where all of it was said."""
_SAID_ENDED: Final = frozenset(map(ending_of, _SAID))


def warn_of_early_outcomes(desk: Desk, steps: Mapping[str, Step], places: Mapping[str, Spot]) -> None:
    """Warn of each outcome that counts before its command is over, however it ends, or before it has even begun."""
    for name, place in places.items():
        step = steps[name]
        _warn_of_its_own(desk, place, step)
        _warn_of_any_ending(desk, place, step)
        _warn_of_the_greeting(desk, place, step, steps)


def _warn_of_its_own(desk: Desk, place: Spot, step: Step) -> None:
    action, spot = _command_of(step), place.child("outcome")
    if action is None or spot is None or step.outcome is None or step.goto is not None:
        return
    end = TARGET_BRIDGED if action == "transfer" else ending_of(action)
    if end is not None:
        desk.warn(spot, f"the outcome {step.outcome} counts as soon as {action} begins; {_instead(step.outcome, end)}")


def _warn_of_any_ending(desk: Desk, place: Spot, step: Step) -> None:
    action = _command_of(step)
    if action not in _SAID:
        return
    end = str(ending_of(action))
    for spot, branch in _written(place, step, end):
        if _asks_for_status(branch):
            return  # from here on, it is known how it ended
        if branch.outcome is not None:
            told = f"the outcome {branch.outcome} counts even if {action} is cut off; {_instead(branch.outcome, end)}"
            desk.warn(spot, told)


def _warn_of_the_greeting(desk: Desk, place: Spot, step: Step, steps: Mapping[str, Step]) -> None:
    for spot, branch in _written(place, step, GREETING):
        following = steps.get(branch.goto or "")
        if branch.outcome is not None and following is not None and _command_of(following) in _SAID:
            end = str(ending_of(str(_command_of(following))))
            told = f"the outcome {branch.outcome} counts before anything is said; {_instead(branch.outcome, end)}"
            desk.warn(spot, told)


def _instead(outcome: str, event: str) -> str:
    if event in _SAID_ENDED:  # with a branch for every other ending, which the check of branches asks for
        return f"write {event}: [{{match: {{status: completed}}, outcome: {outcome}, goto: …}}, {{goto: …}}]"
    return f"write {event}: {{outcome: {outcome}, goto: …}}"


def _written(place: Spot, step: Step, event: str) -> Iterator[tuple[Spot, Branch]]:
    """Yield the branches of an event with the spots where they stand."""
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
