"""The pace of this installation itself: it rises until somebody on the line waits, then gives way at once."""

from __future__ import annotations

import pytest

from orchestrator.policy.own_pace import FIRST_PACE, OwnPace

TICK_S = 0.1


def dialed(pace: OwnPace, *, start: float, seconds: float, wanted: int = 1_000, is_late: bool = False) -> int:
    """Return how many were dialed in so many seconds of ticks that each want so many."""
    total = 0
    for tick in range(1, round(seconds / TICK_S) + 1):
        granted = min(wanted, pace.room(start + tick * TICK_S, is_late=is_late))
        pace.take(granted)
        total += granted
    return total


def test_nobody_is_dialed_while_somebody_waits() -> None:
    assert dialed(OwnPace(0.0), start=0.0, seconds=5, is_late=True) == 0


def test_a_rate_that_an_account_has_is_never_bounded() -> None:
    pace = OwnPace(0.0)

    assert dialed(pace, start=0.0, seconds=60, wanted=3) == 60 / TICK_S * 3
    assert pace.pace == FIRST_PACE


def test_a_pace_that_is_used_up_rises_by_ten_a_second() -> None:
    pace = OwnPace(0.0)
    dialed(pace, start=0.0, seconds=10)

    assert pace.pace == pytest.approx(FIRST_PACE + 100, abs=5)


def test_a_pace_that_nobody_uses_up_any_more_does_not_rise() -> None:
    pace = OwnPace(0.0)
    dialed(pace, start=0.0, seconds=2)
    risen = pace.pace

    for second in range(3, 33):  # campaigns wait for their first webhook
        pace.room(float(second), is_late=False)

    assert pace.pace <= risen + 10


def test_it_falls_once_a_second_while_somebody_waits_and_never_to_nothing() -> None:
    pace = OwnPace(0.0)
    dialed(pace, start=0.0, seconds=1, is_late=True)
    after_one = pace.pace
    dialed(pace, start=1.0, seconds=100, is_late=True)

    assert after_one == pytest.approx(FIRST_PACE * 0.7)
    assert pace.pace == 2


def test_what_was_not_dialed_is_not_made_up_for_in_one_burst() -> None:
    pace = OwnPace(0.0)
    dialed(pace, start=0.0, seconds=2)
    dialed(pace, start=2.0, seconds=0.1, is_late=True)

    assert pace.room(60.0, is_late=False) <= 0.3 * pace.pace + 1


def test_the_dials_of_a_second_are_those_of_the_pace() -> None:
    pace = OwnPace(0.0)
    dialed(pace, start=0.0, seconds=20)
    before = pace.pace

    assert before <= dialed(pace, start=20.0, seconds=1) <= pace.pace + 1
