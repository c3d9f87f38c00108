"""The ladder of a call: who tells whom, and how long it took."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from api.pages.ladder import CALLEE, CARRIER, ENGINE, draw
from api.resources.calls import TimelineEntry

START = datetime(2030, 1, 1, 12, tzinfo=UTC)


def told(kind: Literal["event", "command"], type_: str, after_ms: int, leg: str = "A", **payload: Any) -> TimelineEntry:
    at = START + timedelta(milliseconds=after_ms)
    return TimelineEntry(id=type_, kind=kind, type=type_, leg=leg, at=at, recorded_at=at, payload=payload)


def test_each_line_goes_from_who_told_it_to_who_heard() -> None:
    drawn = draw(
        [
            told("event", "dial.accepted", 0),
            told("event", "call.initiated", 12),
            told("event", "call.answered", 8_000),
            told("command", "speak", 8_006),
            told("event", "call.hangup", 9_000, hangup_source="caller"),
            told("event", "call.hangup", 9_000, hangup_source="callee"),
            told("event", "timer.due", 12_000),
        ]
    )

    assert [rung.arrows for rung in drawn.rungs] == [
        ((CARRIER, ENGINE),),
        ((CARRIER, ENGINE), (CARRIER, CALLEE)),
        ((CARRIER, ENGINE), (CALLEE, CARRIER)),
        ((ENGINE, CARRIER),),
        ((CARRIER, ENGINE),),
        ((CARRIER, ENGINE), (CALLEE, CARRIER)),
        (),
    ]


def test_times_count_from_the_first_that_happened_and_from_the_line_before() -> None:
    first, second, third = draw(
        [told("event", "call.answered", 12), told("event", "call.dtmf.received", 0), told("command", "speak", 30, "B")]
    ).rungs

    assert [rung.since_first_s for rung in (first, second, third)] == [0.012, 0.0, 0.03]
    assert (first.gap_s, third.gap_s) == (None, 0.03)
    assert (first.name, third.name) == ("answered", "speak (leg B)")


def test_the_dial_is_accepted_before_its_call_begins_though_the_answer_came_late() -> None:
    first, second = draw([told("event", "call.initiated", 12), told("event", "dial.accepted", 0)]).rungs

    assert [first.name, second.name] == ["dial accepted", "initiated"]
    assert (first.gap_s, second.gap_s) == (None, 0.012)


def test_a_call_of_which_nothing_was_told_has_no_line() -> None:
    assert draw([]).rungs == ()
