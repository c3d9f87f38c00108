"""When a campaign will have dialed everybody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from orchestrator.policy.calling_hours import is_open, week_of
from orchestrator.policy.eta import HORIZON, Due, last_dial_at
from orchestrator.policy.weekly_hours import CallingHours

NOON = datetime(2031, 3, 5, 12, tzinfo=UTC)  # a Wednesday
ALWAYS = CallingHours(always=True, because="a test")
OFFICE = CallingHours.model_validate(
    {"windows": [{"days": ["mon", "tue", "wed", "thu", "fri"], "start": "09:00", "end": "17:00"}]}
)


def _at(*due: Due, hours: CallingHours = ALWAYS, pace: float = 1.0, each: float = 1.0) -> datetime | None:
    return last_dial_at(due, hours=hours, dials_per_s=pace, dials_each=each, now=NOON)


def test_the_pace_says_when_the_last_is_dialed() -> None:
    assert _at(Due(7_200, "Europe/London", NOON)) == NOON + timedelta(hours=2)


def test_nobody_is_left_at_once() -> None:
    assert _at() == NOON


def test_who_needs_more_than_one_dial_takes_longer() -> None:
    assert _at(Due(3_600, "Europe/London", NOON), each=1.5) == NOON + timedelta(minutes=90)


def test_who_is_due_later_is_dialed_later() -> None:
    later = NOON + timedelta(hours=3)

    assert _at(Due(10, "", later), Due(10, "Europe/London", NOON)) == later + timedelta(seconds=10)


@pytest.mark.parametrize("looked_at", [0, 7, 14, 119])
def test_the_time_does_not_move_while_one_waits_for_it(looked_at: int) -> None:
    due = NOON + timedelta(hours=2, minutes=3, seconds=7)
    now = NOON + timedelta(minutes=looked_at, seconds=30)

    at = last_dial_at([Due(1, "", due)], hours=ALWAYS, dials_per_s=1.0, dials_each=1.0, now=now)

    assert at == due + timedelta(seconds=1)


@pytest.mark.parametrize("looked_at", [0, 7, 14, 119])
def test_the_time_at_which_hours_begin_does_not_move_either(looked_at: int) -> None:
    now = datetime(2031, 3, 5, 18, tzinfo=UTC) + timedelta(minutes=looked_at, seconds=11)

    at = last_dial_at([Due(1, "Europe/London", NOON)], hours=OFFICE, dials_per_s=1.0, dials_each=1.0, now=now)

    assert at == datetime(2031, 3, 6, 9, 0, 1, tzinfo=UTC)


def test_a_night_between_is_waited_for() -> None:
    done = _at(Due(6 * 3600, "Europe/London", NOON), hours=OFFICE)

    assert done == datetime(2031, 3, 6, 10, tzinfo=UTC)  # five hours on Wednesday, one on Thursday


def test_zones_share_the_pace_while_both_are_open() -> None:
    both = Due(3_600, "Europe/London", NOON), Due(3_600, "America/New_York", NOON)

    done = _at(*both, hours=OFFICE)

    assert done == datetime(2031, 3, 5, 15, tzinfo=UTC)  # New York opens at 14:00 UTC, and London is done by then


@pytest.mark.parametrize("due", [Due(10, "Nowhere/Land", NOON), Due(10**9, "Europe/London", NOON)])
def test_what_is_not_done_within_the_horizon_has_no_time(due: Due) -> None:
    assert _at(due, hours=OFFICE) is None


def test_a_week_as_bits_is_what_the_hours_say_minute_by_minute() -> None:
    monday = datetime(2031, 3, 3, tzinfo=UTC)
    week = week_of(OFFICE, "America/Chicago", monday)

    for minute in range(0, 7 * 1440, 7):
        assert bool(week >> minute & 1) == is_open(OFFICE, "America/Chicago", monday + timedelta(minutes=minute))


def test_the_horizon_is_a_month() -> None:
    assert timedelta(days=30) == HORIZON
