"""What the command line draws of a campaign and of a call."""

from __future__ import annotations

import io
from typing import Any

from rich.console import Console

from orchestrator.cli_stats import report, stats_line, stats_screen
from orchestrator.cli_timeline import print_call

_STATS: dict[str, Any] = {
    "status": "running",
    "contacts": {
        "total": 200,
        "waiting": 20,
        "held": 5,
        "calling": 25,
        "completed": 140,
        "exhausted": 10,
        "unknown": 0,
    },
    "held_by_reason": {"calling_hours": 5},
    "calls": {
        "dialed": 175,
        "live": 25,
        "by_disposition": {"human": 100, "busy": 50},
        "by_outcome": {"confirmed": 90},
        "by_answer": {"confirmed": {"true": 90}},
    },
    "rate": {"dials_per_s": 19.6, "limit": 20},
    "latency_ms": {"event_to_command": {"p50": 6.31, "p99": None}},
}


def _drawn(*things: Any) -> str:
    console = Console(file=io.StringIO(), width=120)
    for thing in things:
        console.print(thing)
    return console.file.getvalue()  # type: ignore[attr-defined]


def test_the_screen_shows_states_dispositions_outcomes_reasons_and_pace() -> None:
    text = _drawn(stats_screen("reminders", _STATS))

    for word in (
        "reminders · running",
        "waiting",
        "human",
        "confirmed",
        "calling_hours",
        "live 25",
        "19.6 of 20 dials/s",
    ):
        assert word in text
    assert "p50 6.31 ms, p99 ? ms" in text


def test_a_pipe_is_told_the_same_in_one_line() -> None:
    line = stats_line(_STATS)

    assert line.startswith("running: 150 of 200 contacts done (waiting 20 held 5 calling 25")
    assert "unknown" not in line


def test_stats_of_a_campaign_without_contacts_can_be_drawn() -> None:
    empty = {"status": "draft", "contacts": {"total": 0}, "calls": {}, "rate": {}, "latency_ms": {}}

    assert "draft" in _drawn(stats_screen("new", empty))
    assert stats_line(empty).startswith("draft: 0 of 0")


def test_the_report_gives_shares_of_contacts_calls_and_answers() -> None:
    console = Console(file=io.StringIO(), width=120)

    report(console, "reminders", _STATS)

    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert "contacts: 200" in text
    assert "70%" in text  # 140 of 200 completed
    assert "answer confirmed" in text


def test_a_call_is_printed_with_its_events_commands_and_end() -> None:
    console = Console(file=io.StringIO(), width=120)
    call = {
        "id": "call_1",
        "to": "+12025550123",
        "from": "+12025550100",
        "status": "ended",
        "outcome": "confirmed",
        "answers": {"confirmed": True},
        "timeline": [
            {"id": "e1", "kind": "event", "type": "call.answered", "at": "2026-01-05T10:00:00.250Z", "payload": {}},
            {
                "id": "c1",
                "kind": "command",
                "type": "speak",
                "at": "2026-01-05T10:00:00.255Z",
                "payload": {"payload": "Hello you"},
            },
        ],
    }

    print_call(call, console=console)

    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert "10:00:00.250 ← call.answered" in text
    assert "10:00:00.255 → speak" in text and "payload='Hello you'" in text
    assert "outcome confirmed" in text and "confirmed: True" in text


def test_a_call_is_printed_with_what_the_carrier_said_of_its_end() -> None:
    hangup = {"hangup_cause": "call_rejected", "sip_hangup_cause": "403", "telnyx_error": {"error_code": "D17"}}
    line = {"id": "e", "kind": "event", "type": "call.hangup", "at": "2026-03-02T15:04:00Z", "payload": hangup}
    call = {"id": "call_1", "status": "ended", "fault": "carrier_refused", "timeline": [line], **hangup}
    console = Console(width=200, file=io.StringIO())

    print_call(call, console=console)

    printed = console.file.getvalue()  # type: ignore[attr-defined]  # a StringIO of ours
    assert "sip_hangup_cause=403" in printed and "telnyx_error=" in printed
    assert "sip_hangup_cause 403, fault carrier_refused" in printed
    assert "telnyx_error: {'error_code': 'D17'}" in printed
