"""How explanations and preflights look in a terminal."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from orchestrator.cli.explanations import print_campaign, print_explanation, print_preflight

CHECKS = [
    {"check": "contact_open", "passed": True, "facts": {"contact_status": "waiting"}, "source": None, "as_of": None},
    {
        "check": "number_day_limit",
        "passed": False,
        "facts": {"dials_in_24h": 3, "most": 3, "frees_at": None},
        "source": "Fla. Stat. 501.616(6)",
        "as_of": "2026-11-28",
    },
]
HELD: dict[str, Any] = {
    "verdict": "hold",
    "reason": "number_day_limit",
    "sentence": "This number has been dialed as often as it may be within 24 hours.",
    "until": "2027-03-02T13:05:00.000Z",
    "zones": [{"name": "America/New_York", "from": "number", "local": "2027-03-01T09:00:00-05:00"}],
    "regions": ["US", "US-FL"],
    "checks": CHECKS,
}
GROUP = {"reason": "outside_hours", "sentence": "It is outside the calling hours.", "contacts": 1200}


@pytest.fixture
def console() -> Console:
    return Console(file=io.StringIO(), width=160)


def shown(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_hold_says_until_when_and_which_check_did_not_pass(console: Console) -> None:
    print_explanation(console, "+13055550123", HELD)

    text = shown(console)
    assert "+13055550123: not now until 2027-03-02T13:05:00.000Z" in text
    assert "local time 2027-03-01T09:00:00-05:00 in America/New_York (by the number)" in text
    [line] = [line for line in text.splitlines() if "number_day_limit" in line]
    assert line.split() == [
        "number_day_limit",
        "no",
        "dials",
        "in",
        "24h",
        "3,",
        "most",
        "3",
        "[Fla.",
        "Stat.",
        "501.616(6)]",
    ]


def test_a_fact_about_several_numbers_is_told_in_words(console: Console) -> None:
    full = [{"number": "+12125550111", "dials_in_1h": 20, "frees_at": None}, {"number": "+12125550112"}]
    check = {"check": "caller_id_quota", "passed": False, "facts": {"full": full}, "source": None, "as_of": None}

    print_explanation(console, "+13055550123", {**HELD, "checks": [check]})

    assert "full (number +12125550111, dials in 1h 20) (number +12125550112)" in " ".join(shown(console).split())


def test_somebody_who_may_be_called_is_said_so(console: Console) -> None:
    print_explanation(console, "Ann", {**HELD, "verdict": "go", "until": None, "checks": CHECKS[:1]})

    assert "Ann: may be called\n" in shown(console)


def test_a_campaign_says_who_waits_for_what(console: Console) -> None:
    because = [{**GROUP, "next_at": "2027-03-02T14:00:00.000Z"}, {**GROUP, "reason": "zone_unknown", "next_at": None}]
    limits = {"rate": 4.5, "channels": 50, "guard": None}

    print_campaign(console, "spring", {"is_dialing": False, "because": because, "limits": limits})

    text = shown(console)
    assert text.startswith("spring: not dialing\n")
    assert "1,200  outside_hours  2027-03-02T14:00:00.000Z" in text
    assert "zone_unknown   when somebody acts" in text
    assert "limits: 4.5 calls/s, 50 live calls" in text


def test_a_preflight_says_what_forbids_the_start_last(console: Console) -> None:
    told = {
        "at": "2027-03-01T14:00:00.000Z",
        "contacts": 1300,
        "dialable_now": 90,
        "held": [{**GROUP, "next_at": "2027-03-02T14:00:00.000Z", "example": "con_1"}],
        "never": [{**GROUP, "reason": "suppressed", "contacts": 10, "example": "con_2"}],
        "by_region": [{"region": "US-FL", "contacts": 1300, "dialable_now": 90}],
        "caller_ids": [{"number": "+13055550100", "attestation": None, "room_today": 75}],
        "lists": [],
        "overrides": [{"field": "law.mode", "because": "a test"}],
        "estimate": {"dials": 1290, "duration_s": 645.0, "peak_channels": 50, "cost": "16.13", "currency": "USD"},
        "errors": [{"pointer": "/flow", "code": "ring_floor", "detail": "it rings for 5 s"}],
        "warnings": [
            {"pointer": "/purpose", "code": "purpose_left_out", "detail": "it does not say what it calls for"}
        ],
    }

    print_preflight(console, "spring", told)

    text = shown(console)
    assert "90 of 1,300 contacts may be called" in text
    assert "10  suppressed     never" in text
    assert "estimate: 1,290 dials, 10 min 45 s of dialing, up to 50 live calls, cost about 16.13 USD" in text
    assert text.splitlines()[-2:] == [
        "! it does not say what it calls for (purpose_left_out)",
        "✗ it rings for 5 s (ring_floor)",
    ]
