"""Prints the timeline of one call: events and commands in order, then its result."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from rich.console import Console

from orchestrator.cli.number_format import duration
from orchestrator.cli.polling import ApiPoller
from orchestrator.local_stack.interrupts import pause
from orchestrator.model.attempt_state import FINAL_STATES, AttemptState
from orchestrator.model.contact_status import ContactStatus

if TYPE_CHECKING:
    from orchestrator.cli.api_client import ApiClient

_OVER = frozenset({*FINAL_STATES, AttemptState.UNKNOWN})
_SHOWN_FIELDS = frozenset(
    {
        "payload", "digits", "result", "status", "to", "hangup_cause", "hangup_source", "name", "code", "title",
        "detail", "queue", "queue_name", "current_position", "queue_position", "wait_time_secs", "reason", "cause",
        "client_state", "note", "sip_hangup_cause", "telnyx_error",
    }
)  # fmt: skip
_SUMMARY = (
    "status", "disposition", "outcome", "amd_result", "hangup_cause", "sip_hangup_cause", "fault", "withdrawn_reason",
    "next_call_id",
)  # fmt: skip
_LASTED = {"ring_s": "rang", "talk_s": "talked"}


def follow_call(api: ApiClient, call_id: str, *, console: Console, every_s: float = 0.25) -> bool:
    """Print a call's timeline as it grows until the call is over; return whether the call took place.

    Where it was withdrawn before it was dialed, the call that follows it is followed, while its contact waits for one.
    """
    seen: set[str] = set()
    follower = ApiPoller(console)
    while True:
        call: Mapping[str, Any] = follower.ask(partial(api.calls.get, call_id)) or {"status": None}
        if next_id := call.get("next_call_id"):
            console.print(f"{call_id}: withdrawn, {call['withdrawn_reason']}; {next_id} follows it", markup=False)
            call_id = next_id
            continue
        for line in _visible_entries(call):
            if (mark := _mark(line)) not in seen:
                seen.add(mark)
                console.print(_line(line), markup=False)
        if call["status"] in _OVER and not _waits_for_another(call, api, follower):
            _print_summary(call, console)
            return bool(call["status"] == AttemptState.ENDED)
        pause(every_s)


def _waits_for_another(call: Mapping[str, Any], api: ApiClient, follower: ApiPoller) -> bool:
    """Return whether the contact of a withdrawn call is called again without anybody doing something for it."""
    if call["status"] != AttemptState.WITHDRAWN:
        return False
    contact: Mapping[str, Any] | None = follower.ask(partial(api.contacts.get, call["contact_id"]))
    if contact is None or contact["status"] in (ContactStatus.WAITING, ContactStatus.CALLING):
        return True
    return bool(contact["status"] == ContactStatus.HELD and contact["until"])


def print_call(call: Mapping[str, Any], *, console: Console) -> None:
    """Print a whole call."""
    console.print(f"{call['id']}: {call.get('from', '')} → {call.get('to', '')}", markup=False)
    for line in _visible_entries(call):
        console.print(_line(line), markup=False)
    _print_summary(call, console)


def print_line(line: Mapping[str, Any], *, console: Console) -> None:
    """Print one entry of a timeline."""
    console.print(_line(line), markup=False)


def _visible_entries(call: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the timeline without internal bookkeeping."""
    return [line for line in call.get("timeline", []) if not _is_bookkeeping(line)]


def _is_bookkeeping(line: Mapping[str, Any]) -> bool:
    return line.get("type") == "command.accepted" or (line.get("payload") or {}).get("name") == "settle"


def _mark(line: Mapping[str, Any]) -> str:
    return str(line.get("id") or line)


def _line(line: Mapping[str, Any]) -> str:
    fields = line.get("payload") or line.get("body") or {}
    is_command = line.get("kind") == "command"
    shown_fields = _SHOWN_FIELDS if is_command else _SHOWN_FIELDS - {"to"}  # every webhook repeats the number
    words = [
        f"{name}={_short(fields[name])}" for name in fields if name in shown_fields and fields[name] not in (None, "")
    ]
    arrow = "→" if is_command else "←"
    what = line.get("action") or line.get("type") or ""
    leg = "" if line.get("leg", "A") == "A" else f" ({line['leg']})"
    return f"  {_clock(line)} {arrow} {what + leg:<28} {' '.join(words)}".rstrip()


def _clock(line: Mapping[str, Any]) -> str:
    at = line.get("at") or line.get("occurred_at")
    return datetime.fromisoformat(at).strftime("%H:%M:%S.%f")[:-3] if at else ""


def _short(value: Any) -> str:
    text = str(value)
    return repr(text if len(text) <= 70 else f"{text[:69]}…") if " " in text else text[:70]


def _print_summary(call: Mapping[str, Any], console: Console) -> None:
    words = [f"{name} {call[name]}" for name in _SUMMARY if call.get(name) is not None]
    words += [f"{word} {duration(call[name] * 1000)}" for name, word in _LASTED.items() if call.get(name) is not None]
    console.print(", ".join(words), markup=False)
    for name, value in (call.get("answers") or {}).items():
        console.print(f"  {name}: {value}", markup=False)
    for name in ("error", "telnyx_error"):
        if call.get(name):
            console.print(f"  {name}: {call[name]}", markup=False)
