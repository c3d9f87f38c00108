"""What the command line draws of a campaign and of a call."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from orchestrator.cli.call_timeline import print_call
from orchestrator.cli.campaign_report import report, stats_line, stats_screen
from orchestrator.cli.number_format import duration, rate

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
    "held_by_reason": {"outside_hours": {"contacts": 5, "next_at": None, "sentence": "It is night there."}},
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
        "outside_hours",
        "live 25",
        "19.6 of 20 dials/s",
    ):
        assert word in text
    assert "webhook to command p50 6.3 ms" in text and "?" not in text


def test_a_pipe_is_told_the_same_in_one_line() -> None:
    line = stats_line(_STATS)

    assert line.startswith("running: 150 of 200 contacts done (waiting 20 held 5 calling 25")
    assert "unknown" not in line


def test_stats_of_a_campaign_without_contacts_can_be_drawn() -> None:
    empty = {"status": "draft", "contacts": {"total": 0}, "calls": {}, "rate": {}, "latency_ms": {}}

    assert "draft" in _drawn(stats_screen("new", empty))
    assert stats_line(empty).startswith("draft: 0 of 0")


def test_a_campaign_without_calls_tells_no_latency_and_one_without_contacts_says_so() -> None:
    nothing = {"p50": None, "p99": None}
    empty = {"status": "draft", "contacts": {"total": 0}, "latency_ms": {"event_to_command": nothing}}
    console = Console(file=io.StringIO(), width=120)

    report(console, "reminders · draft", empty)

    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert text.strip() == "reminders · draft: no contacts yet"
    assert "webhook" not in stats_line(empty) + _drawn(stats_screen("reminders", empty))
    assert stats_line(empty).startswith("draft: 0 of 0 contacts done · dialed 0")


@pytest.mark.parametrize(
    ("ms", "read"),
    [
        (0, "0 ms"), (0.04, "0 ms"), (0.26, "0.3 ms"), (6.31, "6.3 ms"), (9.94, "9.9 ms"),
        (9.96, "10 ms"), (63.2, "63 ms"), (999.4, "999 ms"), (999.6, "1 s"), (1_000, "1 s"),
        (1_650, "1.6 s"), (1_651, "1.7 s"), (9_960, "10 s"), (59_400, "59 s"), (59_600, "1 min"),
        (61_000, "1 min 1 s"), (600_000, "10 min"), (3_599_600, "1 h"), (5_400_000, "1 h 30 min"), (7.2e6, "2 h"),
        (3.6e9, "1,000 h"), (1e12, "277,777 h 46 min"),
    ],
)  # fmt: skip
def test_a_time_is_read_in_its_unit(ms: float, read: str) -> None:
    assert duration(ms) == read


@pytest.mark.parametrize(
    ("a_second", "read"),
    [
        (0, "0"), (0.01, "0.01"), (0.2, "0.2"), (0.25, "0.25"), (1, "1"), (4.83, "4.8"), (19.6, "19.6"), (29, "29"),
        (99.96, "100"), (150.4, "150"), (200, "200"), (1_000, "1,000"), (1_650, "1,650"), (1e6, "1,000,000"),
    ],
)  # fmt: skip
def test_a_rate_is_read_without_an_exponent(a_second: float, read: str) -> None:
    assert rate(a_second) == read


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
        "ring_s": 3.952,
        "talk_s": 95.2,
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
    assert "outcome confirmed, rang 4 s, talked 1 min 35 s" in text and "confirmed: True" in text


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


def test_whom_nobody_spoke_to_and_the_guard_that_paused_are_shown_wherever_somebody_looks() -> None:
    heard = {"people": 1000, "abandoned": 30, "silent": 4, "opted_out": 2}
    reason = {"code": "guard_abandon", "detail": "30 of 1,000 (3.0 %) people were abandoned.", "at": None}
    warned = {"guard": "abandon", "state": "warn", "share": 0.03, "limit": 0.03, "detail": "more than 2 %."}
    fine = {**warned, "guard": "spend", "state": "ok", "detail": "not shown"}
    stats = {
        **_STATS,
        "calls": {**_STATS["calls"], **heard},
        "people": {"bridged": 700},
        "status_reason": reason,
        "guards": [warned, fine],
        "warnings": [{"pointer": "/caller_ids", "code": "x", "detail": "dials too often"}],
    }
    console = Console(file=io.StringIO(), width=160)

    report(console, "reminders", stats)

    shown = _drawn(stats_screen("reminders", stats)), stats_line(stats), console.file.getvalue()  # type: ignore[attr-defined]
    for text in shown:
        assert "1000 people answered: 700 bridged, 30 abandoned, 4 silent, 2 opted out" in text
        assert "not shown" not in text
    for text in shown[:2]:
        assert "paused by the guard abandon: 30 of 1,000 (3.0 %) people were abandoned." in text
    for text in (shown[0], shown[2]):
        assert "guard abandon: more than 2 %." in text
        assert "dials too often" in text
    assert "people answered" not in stats_line(_STATS)
