"""Checks a step's transitions: one for every ending, none before the command is done."""

from __future__ import annotations

from collections.abc import Mapping

from orchestrator.flow.actions import CallBack, Choose, Command, HttpRequest, SetAnswers, StreamPlay, Suppress, WaitFor
from orchestrator.flow.definition import Step
from orchestrator.flow.parsing.context import ParseContext
from orchestrator.flow.syntax.node import DocumentNode
from orchestrator.flow.vocabulary import (
    COMMAND_FAILED,
    DTMF,
    HTTP_FAILED,
    HTTP_SUCCEEDED,
    STREAM_PLAY_ENDED,
    TARGET_HANGUP,
    ending_of,
)

_CUT_SHORT = frozenset({"enqueue", "speak", "playback_start", "gather", "gather_using_speak", "gather_using_audio"})


def check_transitions(
    context: ParseContext, node: DocumentNode, entries: Mapping[str, DocumentNode], step: Step
) -> None:
    """Report what is missing or superfluous among `on`, `goto` and `timeout`."""
    if step.ends_call:
        _refuse_keys(context, entries, ("on", "goto", "timeout"), "the call is over here")
        return
    match step.action:
        case Choose():
            _refuse_keys(context, entries, ("on", "goto", "timeout"), "choose goes on at once, by its branches")
        case SetAnswers() | Suppress() | CallBack():
            _refuse_keys(context, entries, ("on", "timeout"), "the step goes on at once, by goto")
            if "goto" not in entries and "include" not in entries:
                context.report(node, "nothing follows: the step needs a goto")
        case WaitFor(event=event):
            if event and event not in step.on and event not in context.on and "goto" not in entries:
                context.report(node, f"nothing follows {event}: name it under on, or give a goto")
        case HttpRequest():
            _check_http(context, node, entries, step)
        case StreamPlay():
            _check_stream_play(context, node, entries, step)
        case Command():
            _check_command(context, node, entries, step, step.action)
        case _:
            pass


def _check_command(
    context: ParseContext, node: DocumentNode, entries: Mapping[str, DocumentNode], step: Step, command: Command
) -> None:
    if command.action == "client_state_update" and "state" not in entries:
        context.report(node, "client_state_update needs the step's state: the text that is to travel with the call")
    if "goto" in entries:
        _check_goto(context, entries, step, command)
        return
    _check_digits(context, entries, step, command)
    ending = TARGET_HANGUP if command.action == "transfer" else ending_of(command.action)
    if "timeout" in entries or (ending is not None and ending in step.on):
        return
    if command.action == "bridge" and TARGET_HANGUP in step.on:
        return  # the other call ends, or the bridge fails
    if ending is not None and not _has_written(entries, ending):
        context.report(node, f"nothing follows {ending}: name it under on, or give the step a timeout")
    elif ending is None and "on" not in entries:
        context.report(node, f"nothing follows {command.action}: give the step a goto")


def _check_goto(context: ParseContext, entries: Mapping[str, DocumentNode], step: Step, command: Command) -> None:
    if command.action in _CUT_SHORT:
        ending = ending_of(command.action)
        detail = (
            f"goto goes on once the carrier accepts, which would cut {command.action} short; write on: {{{ending}: …}}"
        )
        context.report(entries["goto"], detail)
    for event in step.on:
        if event != COMMAND_FAILED:
            detail = f"goto goes on once the command is accepted, so {event} is never waited for; keep one of the two"
            context.report(entries["goto"], detail)


def _check_http(context: ParseContext, node: DocumentNode, entries: Mapping[str, DocumentNode], step: Step) -> None:
    _refuse_keys(context, entries, ("timeout",), "http has a timeout of its own, http: {url: …, timeout: 3s}")
    for event in (HTTP_SUCCEEDED, HTTP_FAILED):
        if "goto" in entries and event in step.on:
            detail = f"goto goes on whatever the answer is, so {event} never leads; keep one of the two"
            context.report(entries["goto"], detail)
        elif "goto" not in entries and not _has_written(entries, event):
            context.report(node, f"nothing follows {event}: name it under on, or give a goto")


def _check_stream_play(
    context: ParseContext, node: DocumentNode, entries: Mapping[str, DocumentNode], step: Step
) -> None:
    if "goto" in entries and STREAM_PLAY_ENDED in step.on:
        detail = f"goto goes on once the sound waits for its turn, so {STREAM_PLAY_ENDED} is never waited for; keep one"
        context.report(entries["goto"], detail)
    elif not {"goto", "timeout"} & entries.keys() and not _has_written(entries, STREAM_PLAY_ENDED):
        context.report(node, f"nothing follows {STREAM_PLAY_ENDED}: name it under on, or give a goto or a timeout")


def _check_digits(context: ParseContext, entries: Mapping[str, DocumentNode], step: Step, command: Command) -> None:
    if not command.action.startswith("gather") or command.action == "gather_stop" or DTMF not in step.on:
        return
    if not any(branch.during_gather for branch in step.on[DTMF]):
        context.report(
            entries["on"], f"digits go to the gather while it runs; say during_gather: true in a branch of {DTMF}"
        )


def _has_written(entries: Mapping[str, DocumentNode], event: str) -> bool:
    """Whether the event is named, even if its branches are invalid: one problem is enough."""
    return "on" in entries and entries["on"].child(event) is not None


def _refuse_keys(context: ParseContext, entries: Mapping[str, DocumentNode], keys: tuple[str, ...], why: str) -> None:
    for key in keys:
        if key in entries:
            context.report(entries[key], f"{key} has no place in this step: {why}", line=entries[key].key_line)
