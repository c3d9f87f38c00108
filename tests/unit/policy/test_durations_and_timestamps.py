"""Durations and moments, as they are written in requests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.policy.durations import format_duration, parse_duration
from orchestrator.policy.timestamps import format_timestamp, parse_timestamp


@pytest.mark.parametrize(
    ("text", "duration"),
    [("0s", 0), ("90s", 90), ("10m", 600), ("3h", 10_800), ("1d", 86_400), (" 5m ", 300), ("366d", 366 * 86_400)],
)
def test_a_duration_is_a_number_and_a_unit(text: str, duration: int) -> None:
    assert parse_duration(text) == timedelta(seconds=duration)


@pytest.mark.parametrize(
    "text", ["", "90", "s", "-5m", "1.5h", "1h30m", "5 m", "1w", "367d", "99999999999s", "\u0665m"]
)
def test_anything_else_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match=r"duration|366 days"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0s"), (90, "90s"), (600, "10m"), (7200, "2h"), (86_400, "1d"), (90_000, "25h")]
)
def test_a_duration_is_written_in_the_largest_unit_that_fits(seconds: int, text: str) -> None:
    assert format_duration(timedelta(seconds=seconds)) == text


@given(st.integers(0, 366 * 86_400))
def test_a_written_duration_reads_as_itself(seconds: int) -> None:
    assert parse_duration(format_duration(timedelta(seconds=seconds))) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2027-03-01T09:00:00Z", datetime(2027, 3, 1, 9, tzinfo=UTC)),
        ("2027-03-01t09:00:00z", datetime(2027, 3, 1, 9, tzinfo=UTC)),
        ("2027-03-01 09:00:00-05:00", datetime(2027, 3, 1, 14, tzinfo=UTC)),
        ("2027-03-01T09:00:00.123456789+05:30", datetime(2027, 3, 1, 3, 30, 0, 123456, tzinfo=UTC)),
        ("2027-03-01T09:00:00.5Z", datetime(2027, 3, 1, 9, 0, 0, 500_000, tzinfo=UTC)),
    ],
)
def test_a_moment_is_rfc_3339_and_kept_in_utc(text: str, moment: datetime) -> None:
    assert parse_timestamp(text) == moment


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tomorrow",
        "2027-03-01",
        "2027-03-01T09:00:00",
        "2027-03-01T09:00Z",
        "20270301T090000Z",
        "2027-W09-1T09:00:00Z",
        "2027-02-29T09:00:00Z",
        "2027-03-01T24:00:00Z",
        "2027-03-01T09:00:00+25:00",
        "0001-01-01T00:00:00+10:00",
    ],
)
def test_any_other_form_and_a_missing_offset_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"RFC 3339|calendar"):
        parse_timestamp(text)


def test_a_moment_is_written_with_milliseconds_and_z() -> None:
    assert format_timestamp(parse_timestamp("2027-03-01T09:00:00.1239-05:00")) == "2027-03-01T14:00:00.123Z"
