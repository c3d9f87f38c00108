"""Parses a step: one command or one local action, and its transitions."""

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
from orchestrator.flow.notices import Said
from orchestrator.flow.parsing.branches import read_branches, read_choices, read_set, read_timeout
from orchestrator.flow.parsing.callback import read_callback
from orchestrator.flow.parsing.commands import read_command
from orchestrator.flow.parsing.context import ParseContext, suggestion
from orchestrator.flow.parsing.events import check_event
from orchestrator.flow.parsing.http import read_http
from orchestrator.flow.parsing.notices import said_by
from orchestrator.flow.parsing.stream_play import read_stream_play
from orchestrator.flow.parsing.transitions import check_transitions
from orchestrator.flow.syntax.node import DocumentNode, Kind
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


def read_step(context: ParseContext, name: str, node: DocumentNode) -> Step:
    """Return the step; report what is wrong with it and parse the rest all the same."""
    entries = context.map_of(node, "a step", _ACTIONS | STEP_KEYS)
    found = [key for key in entries if key in _ACTIONS]
    _check_one_action(context, node, found)
    action_name = found[0] if found else None
    action = _action(context, action_name, entries[action_name]) if action_name else End()
    step = Step(
        name=name,
        action=action,
        on=read_on(context, entries.get("on"), action),
        goto=context.step_name(entries.get("goto"), "goto"),
        timeout=read_timeout(context, entries["timeout"]) if "timeout" in entries else None,
        repeat=_repeat(context, entries["repeat"]) if "repeat" in entries else None,
        outcome=context.outcome(entries.get("outcome")),
        state=context.value(entries["state"], "state") if _is_text(context, entries.get("state")) else None,
        during=_during(context, entries["during"], action_name) if "during" in entries else None,
        says=_says(context, action_name, entries),
    )
    if action_name:
        check_transitions(context, node, entries, step)
    return step


def _says(context: ParseContext, action: str | None, entries: Mapping[str, DocumentNode]) -> frozenset[Said]:
    if action not in STEP_COMMANDS:
        return frozenset()
    return said_by(context, entries[action].child("payload") or context.defaults.get(action, {}).get("payload"))


def _check_one_action(context: ParseContext, node: DocumentNode, found: list[str]) -> None:
    if len(found) > 1:
        context.report(node, f"one step, one command or one local action; here are {' and '.join(found)}")
    elif not found and node.kind is Kind.MAP:
        context.report(node, "the step does nothing: give it a command such as speak, or a local action such as choose")


def _action(context: ParseContext, name: str, node: DocumentNode) -> Action:
    match name:
        case "wait_for":
            return _wait_for(context, node)
        case "http":
            return read_http(context, node)
        case "stream_play":
            return read_stream_play(context, node)
        case "suppress":
            return _suppress(context, node)
        case "callback":
            return read_callback(context, node)
        case "choose":
            return Choose(read_choices(context, node))
        case "include":
            return SetAnswers(())  # the step only leads into the included flow
        case "set":
            return SetAnswers(read_set(context, node, None))
        case "end":
            context.map_of(node, "end", ())
            return End()
        case _:
            return read_command(context, name, node)


def _wait_for(context: ParseContext, node: DocumentNode) -> WaitFor:
    written = context.text(node, "wait_for")
    also = frozenset({BRIDGED} if context.has_connecting_step else ())
    event = check_event(context, node, written, action=None, also=also) if written else None
    # A conversation between two people has no time limit; every other wait has one.
    return WaitFor(event or "", None if event and event.startswith(TARGET) else STALL_S)


def _suppress(context: ParseContext, node: DocumentNode) -> Suppress:
    entries = context.map_of(node, "suppress", {"scope", "reason"})
    scope = context.text(entries.get("scope"), "scope")
    if scope not in {None, "global", "campaign"} and "scope" in entries:
        context.report(
            entries["scope"], f"scope is global or campaign{suggestion(scope or '', ('global', 'campaign'))}"
        )
    reason = Constant("opt-out")
    if "reason" in entries and context.text(entries["reason"], "reason") is not None:
        return Suppress(scope or "global", context.value(entries["reason"], "reason"))
    return Suppress(scope or "global", reason)


def read_on(
    context: ParseContext, node: DocumentNode | None, action: Action | None
) -> Mapping[str, tuple[Branch, ...]]:
    """Return the branches by event; without an action they are the flow-wide ones, where any command may fail."""
    if node is None or not context.expect(node, Kind.MAP, "on"):
        return {}
    ways: dict[str, tuple[Branch, ...]] = {}
    command = action.action if isinstance(action, Command) else None
    also = _own_events(action)
    for written, entry in node.entries():
        event = check_event(context, entry, written, action=command, also=also)
        branches = read_branches(context, entry, event or written)
        if event in ways:
            context.report(entry, f"{event} has its branches already", line=entry.key_line)
        if event is not None:
            ways.setdefault(event, branches)
    return ways


def _own_events(action: Action | None) -> frozenset[str]:
    """Return the engine's own events that can occur in the step."""
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


def _repeat(context: ParseContext, node: DocumentNode) -> Repeat | None:
    entries = context.map_of(node, "repeat", {"at_most", "then"})
    for needed in ("at_most", "then"):
        if needed not in entries and node.kind is Kind.MAP:
            context.report(node, f"repeat needs {needed}, as in {{at_most: 2, then: step}}")
    then = context.step_name(entries.get("then"), "then")
    if "at_most" not in entries or not context.expect(entries["at_most"], Kind.NUMBER, "at_most"):
        return None
    times = entries["at_most"].value
    if not isinstance(times, int) or not 1 <= times <= MAX_VISITS:
        context.report(entries["at_most"], f"at_most is a whole number from 1 to {MAX_VISITS}")
        return None
    return Repeat(times, then) if then else None


def _during(context: ParseContext, node: DocumentNode, action: str | None) -> Command | None:
    """Return the command that plays or speaks while the step waits."""
    if action is not None and action not in WITH_DURING:
        detail = f"during has no place in this step: it is heard while {' or '.join(sorted(WITH_DURING))} waits"
        context.report(node, detail, line=node.key_line)
    entries = context.map_of(node, "during", DURING_COMMANDS)
    if node.kind is Kind.MAP and len(entries) != 1:
        context.report(node, "during is one command, playback_start or speak")
    return next((read_command(context, name, entry) for name, entry in entries.items()), None)


def _is_text(context: ParseContext, node: DocumentNode | None) -> bool:
    return node is not None and context.text(node, "state") is not None
