"""Reads a step: one command or one local action, and the ways on from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from orchestrator.flow.actions import (
    Action,
    Branch,
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
from orchestrator.flow.definition import Repeat, Step
from orchestrator.flow.limits import MAX_VISITS, STALL_S
from orchestrator.flow.parsing.branches import read_choices, read_set, read_timeout, read_ways
from orchestrator.flow.parsing.commands import read_command
from orchestrator.flow.parsing.context import Desk, suggestion
from orchestrator.flow.parsing.events import check_event
from orchestrator.flow.parsing.http import read_http
from orchestrator.flow.parsing.stream_play import read_stream_play
from orchestrator.flow.parsing.transitions import check_ways
from orchestrator.flow.syntax.node import Kind, Spot
from orchestrator.flow.vocabulary import (
    BRIDGED,
    COMMAND_FAILED,
    DURING_COMMANDS,
    HTTP_FAILED,
    HTTP_SUCCEEDED,
    LOCAL_ACTIONS,
    STEP_COMMANDS,
    STEP_KEYS,
    STREAM_PLAY_ENDED,
    TARGET,
    WITH_DURING,
)

_ACTIONS: Final = STEP_COMMANDS | LOCAL_ACTIONS


def read_step(desk: Desk, name: str, spot: Spot) -> Step:
    """Return the step; what is wrong with it is told, and the rest of it read all the same."""
    entries = desk.map_of(spot, "a step", _ACTIONS | STEP_KEYS)
    found = [key for key in entries if key in _ACTIONS]
    _check_one_action(desk, spot, found)
    action_name = found[0] if found else None
    action = _action(desk, action_name, entries[action_name]) if action_name else End()
    step = Step(
        name=name,
        action=action,
        on=read_on(desk, entries.get("on"), action),
        goto=desk.step_name(entries.get("goto"), "goto"),
        timeout=read_timeout(desk, entries["timeout"]) if "timeout" in entries else None,
        repeat=_repeat(desk, entries["repeat"]) if "repeat" in entries else None,
        outcome=desk.outcome(entries.get("outcome")),
        state=desk.value(entries["state"], "state") if _is_text(desk, entries.get("state")) else None,
        during=_during(desk, entries["during"], action_name) if "during" in entries else None,
    )
    if action_name:
        check_ways(desk, spot, entries, step)
    return step


def _check_one_action(desk: Desk, spot: Spot, found: list[str]) -> None:
    if len(found) > 1:
        desk.tell(spot, f"one step, one command or one local action; here are {' and '.join(found)}")
    elif not found and spot.kind is Kind.MAP:
        desk.tell(spot, "the step does nothing: give it a command such as speak, or a local action such as choose")


def _action(desk: Desk, name: str, spot: Spot) -> Action:
    match name:
        case "wait_for":
            return _wait_for(desk, spot)
        case "http":
            return read_http(desk, spot)
        case "stream_play":
            return read_stream_play(desk, spot)
        case "suppress":
            return _suppress(desk, spot)
        case "choose":
            return Choose(read_choices(desk, spot))
        case "include":
            return SetAnswers(())  # a step that only leads on: into the included flow
        case "set":
            return SetAnswers(read_set(desk, spot, None))
        case "end":
            desk.map_of(spot, "end", ())
            return End()
        case _:
            return read_command(desk, name, spot)


def _wait_for(desk: Desk, spot: Spot) -> WaitFor:
    written = desk.text(spot, "wait_for")
    also = frozenset({BRIDGED} if desk.connects else ())
    event = check_event(desk, spot, written, action=None, also=also) if written else None
    # A conversation between two people lasts as long as it lasts; every other wait has an end.
    return WaitFor(event or "", None if event and event.startswith(TARGET) else STALL_S)


def _suppress(desk: Desk, spot: Spot) -> Suppress:
    entries = desk.map_of(spot, "suppress", {"scope", "reason"})
    scope = desk.text(entries.get("scope"), "scope")
    if scope not in {None, "global", "campaign"} and "scope" in entries:
        desk.tell(entries["scope"], f"scope is global or campaign{suggestion(scope or '', ('global', 'campaign'))}")
    reason = Constant("opt-out")
    if "reason" in entries and desk.text(entries["reason"], "reason") is not None:
        return Suppress(scope or "global", desk.value(entries["reason"], "reason"))
    return Suppress(scope or "global", reason)


def read_on(desk: Desk, spot: Spot | None, action: Action | None) -> Mapping[str, tuple[Branch, ...]]:
    """Return the ways on by event; without an action they are the whole flow's, where any command may fail."""
    if spot is None or not desk.expect(spot, Kind.MAP, "on"):
        return {}
    ways: dict[str, tuple[Branch, ...]] = {}
    command = action.action if isinstance(action, Command) else None
    also = _own_events(action)
    for written, entry in spot.entries():
        event = check_event(desk, entry, written, action=command, also=also)
        branches = read_ways(desk, entry, event or written)
        if event in ways:
            desk.tell(entry, f"{event} has its branches already", line=entry.node.key_line)
        if event is not None:
            ways.setdefault(event, branches)
    return ways


def _own_events(action: Action | None) -> frozenset[str]:
    """Return the events of our own that can come, apart from those of a carrier's command."""
    match action:
        case None:
            return frozenset({COMMAND_FAILED})
        case WaitFor(event=awaited):
            return frozenset({awaited})
        case HttpRequest():
            return frozenset({HTTP_SUCCEEDED, HTTP_FAILED})
        case StreamPlay():
            return frozenset({STREAM_PLAY_ENDED, COMMAND_FAILED})
        case _:
            return frozenset()


def _repeat(desk: Desk, spot: Spot) -> Repeat | None:
    entries = desk.map_of(spot, "repeat", {"at_most", "then"})
    for needed in ("at_most", "then"):
        if needed not in entries and spot.kind is Kind.MAP:
            desk.tell(spot, f"repeat needs {needed}, as in {{at_most: 2, then: step}}")
    then = desk.step_name(entries.get("then"), "then")
    if "at_most" not in entries or not desk.expect(entries["at_most"], Kind.NUMBER, "at_most"):
        return None
    times = entries["at_most"].node.value
    if not isinstance(times, int) or not 1 <= times <= MAX_VISITS:
        desk.tell(entries["at_most"], f"at_most is a whole number from 1 to {MAX_VISITS}")
        return None
    return Repeat(times, then) if then else None


def _during(desk: Desk, spot: Spot, action: str | None) -> Command | None:
    """Return what is played or spoken while the step waits."""
    if action is not None and action not in WITH_DURING:
        told = f"during has no place in this step: it is heard while {' or '.join(sorted(WITH_DURING))} waits"
        desk.tell(spot, told, line=spot.node.key_line)
    entries = desk.map_of(spot, "during", DURING_COMMANDS)
    if spot.kind is Kind.MAP and len(entries) != 1:
        desk.tell(spot, "during is one command, playback_start or speak")
    return next((read_command(desk, name, entry) for name, entry in entries.items()), None)


def _is_text(desk: Desk, spot: Spot | None) -> bool:
    return spot is not None and desk.text(spot, "state") is not None
