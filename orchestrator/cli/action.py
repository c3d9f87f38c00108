"""`orchestrator call act`: sends one command to a live call and prints its result."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import partial
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console

from orchestrator.cli.arguments import parse_pairs
from orchestrator.cli.call_timeline import print_line
from orchestrator.cli.polling import ApiPoller
from orchestrator.errors import FieldError, InvalidInput
from orchestrator.local_stack.interrupts import pause
from orchestrator.model.attempt_state import FINAL_STATES, AttemptState
from orchestrator.telnyx.commands import COMMANDS

if TYPE_CHECKING:
    from orchestrator.cli.api_client import ApiClient

ACTIONS = tuple(sorted(name for name in COMMANDS if name != "dial"))
_FAILED = frozenset({"command.failed", "command.gone", "command.unknown"})
_NOT_SENT = "action.requested"  # with a note: the call no longer accepts it
_OVER = frozenset({*FINAL_STATES, AttemptState.UNKNOWN})
_LOOKS = 60
_EVERY_S = 0.25


def send_command(
    api: ApiClient,
    call_id: str,
    action: str,
    *,
    fields: Sequence[str],
    document: str | None,
    console: Console,
    wait: bool,
) -> bool:
    """Send the command, print its id and its timeline entries; return whether the carrier accepted it."""
    body = body_of(action, fields, document)
    sent = getattr(api.calls, action)(call_id, **body)
    command_id = str(sent["command_id"])
    console.print(command_id, markup=False)
    return not wait or _print_result(api, call_id, command_id, console)


def body_of(action: str, fields: Sequence[str], document: str | None) -> dict[str, Any]:
    """Return the JSON body of the command from `--json` and `--field`; raises InvalidInput for a malformed one."""
    check_action(action, option="ACTION")
    try:
        whole = json.loads(document) if document else {}
    except (json.JSONDecodeError, RecursionError) as err:
        raise InvalidInput([FieldError("--json", "malformed_json", f"this is not JSON: {err}")]) from err
    if not isinstance(whole, dict):
        raise InvalidInput([FieldError("--json", "not_an_object", "the fields stand in an object: {…}")])
    return whole | parse_pairs(fields, option="--field")


def check_action(action: str, *, option: str) -> None:
    """Raise InvalidInput for a command that the carrier does not know, naming one that it does."""
    if action not in ACTIONS:
        near = get_close_matches(action, ACTIONS, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(ACTIONS)}"
        raise InvalidInput([FieldError(option, "unknown_action", f"{action} is none of the carrier's: {hint}")])


def _print_result(api: ApiClient, call_id: str, command_id: str, console: Console) -> bool:
    shown: set[str] = set()
    follower = ApiPoller(console)
    for _ in range(_LOOKS):
        call: Mapping[str, Any] = follower.ask(partial(api.calls.get, call_id)) or {"status": None, "timeline": []}
        for line in _entries_of(call["timeline"], command_id):
            if line["id"] not in shown:
                shown.add(line["id"])
                print_line(line, console=console)
            if line["type"] == "command.accepted":
                return True
            if line["type"] in _FAILED or (line["type"] == _NOT_SENT and line["payload"].get("note")):
                return False
        if call["status"] in _OVER:
            break
        pause(_EVERY_S)
    console.print("the carrier's answer is not known yet: `orchestrator call show` tells what follows", markup=False)
    return False


def _entries_of(timeline: Sequence[Mapping[str, Any]], command_id: str) -> Iterator[Mapping[str, Any]]:
    for line in timeline:
        if command_id in (line["id"], (line.get("payload") or {}).get("command_id")):
            yield line


def exit_unless_accepted(taken: bool) -> None:
    """Exit with status 1 if the carrier did not accept the command."""
    if not taken:
        raise typer.Exit(1)
