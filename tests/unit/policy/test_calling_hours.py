"""When a contact may be called: zones, clocks set forward and back, nights, holidays."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from orchestrator.policy.calling_hours import (
    Bound,
    is_open,
    is_zone_unknown,
    next_common_opening,
    next_opening,
    open_keys,
)
from orchestrator.policy.weekly_hours import WEEK, CallingHours, Day, Window
from orchestrator.policy.zones.clock_rules import clock_of

DEFAULT = CallingHours()
NEW_YORK = "America/New_York"
SYDNEY = "Australia/Sydney"


def at(zone: str, text: str, *, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=clock_of(zone), fold=fold).astimezone(UTC)


def every_day(
    start: str, end: str, *, holidays: frozenset[date] = frozenset(), timezone: str = "contact"
) -> CallingHours:
    return CallingHours(windows=(Window(days=WEEK, start=start, end=end),), holidays=holidays, timezone=timezone)


@pytest.mark.parametrize(
    ("local", "open_"),
    [
        ("2027-01-04T08:59:59", False),
        ("2027-01-04T09:00:00", True),
        ("2027-01-04T19:59:59", True),
        ("2027-01-04T20:00:00", False),
        ("2027-01-09T12:00:00", True),  # Saturday
        ("2027-01-10T12:00:00", False),  # Sunday
    ],
)
def test_the_default_is_nine_to_eight_monday_to_saturday_where_the_contact_is(local: str, open_: bool) -> None:
    now = at(NEW_YORK, local)

    answer = is_open(DEFAULT, NEW_YORK, now)

    assert answer is open_


def test_after_saturday_evening_the_next_opening_is_monday_morning() -> None:
    opening = next_opening(DEFAULT, NEW_YORK, at(NEW_YORK, "2027-01-09T20:00:00"))

    assert opening == at(NEW_YORK, "2027-01-11T09:00:00")


def test_an_opening_exactly_a_day_away_is_found() -> None:
    opening = next_opening(DEFAULT, NEW_YORK, at(NEW_YORK, "2027-01-10T09:00:00"))

    assert opening == at(NEW_YORK, "2027-01-11T09:00:00")


def test_the_next_opening_of_an_open_hour_is_now() -> None:
    now = at(NEW_YORK, "2027-01-04T12:34:56")

    assert next_opening(DEFAULT, NEW_YORK, now) == now


def test_always_needs_no_zone() -> None:
    always = CallingHours(always=True, because="a test")
    now = datetime(2027, 1, 4, 3, tzinfo=UTC)

    assert is_open(always, "", now)
    assert next_opening(always, "", now) == now
    assert not is_zone_unknown(always, "", now)


def test_hours_in_a_named_zone_do_not_ask_where_the_contact_is() -> None:
    hours = every_day("09:00", "17:00", timezone="Europe/Berlin")

    assert is_open(hours, "", at("Europe/Berlin", "2027-01-04T09:00:00"))
    assert not is_open(hours, NEW_YORK, at("Europe/Berlin", "2027-01-04T17:00:00"))


@pytest.mark.parametrize(
    "key", ["", "Etc/Unknown", "Mars/Olympus", "../etc/passwd", "America", "|", "America/New_York|Nowhere"]
)
def test_an_unknown_zone_is_closed_for_ever_and_raises_nothing(key: str) -> None:
    now = datetime(2027, 1, 4, 17, tzinfo=UTC)

    assert not is_open(DEFAULT, key, now)
    assert next_opening(DEFAULT, key, now) is None
    assert is_zone_unknown(DEFAULT, key, now)


class TestSeveralZones:
    KEY = "America/Chicago|America/New_York"

    def test_the_hour_must_be_open_in_all_of_them(self) -> None:
        assert not is_open(DEFAULT, self.KEY, at(NEW_YORK, "2027-01-04T09:30:00"))  # 08:30 in Chicago
        assert is_open(DEFAULT, self.KEY, at(NEW_YORK, "2027-01-04T10:00:00"))
        assert is_open(DEFAULT, self.KEY, at(NEW_YORK, "2027-01-04T19:59:00"))
        assert not is_open(DEFAULT, self.KEY, at(NEW_YORK, "2027-01-04T20:00:00"))  # 19:00 in Chicago

    def test_the_next_opening_is_when_the_last_of_them_opens(self) -> None:
        opening = next_opening(DEFAULT, self.KEY, at(NEW_YORK, "2027-01-04T06:00:00"))

        assert opening == at("America/Chicago", "2027-01-04T09:00:00")

    def test_zones_with_less_than_two_hours_a_day_in_common_are_unknown(self) -> None:
        new_york_and_guam = "America/New_York|Pacific/Guam"
        now = at(NEW_YORK, "2027-01-04T18:30:00")  # 09:30 in Guam: one of the few common hours

        assert is_zone_unknown(DEFAULT, new_york_and_guam, now)
        assert not is_open(DEFAULT, new_york_and_guam, now)
        assert next_opening(DEFAULT, new_york_and_guam, now) is None

    def test_exactly_two_hours_in_common_are_enough(self) -> None:
        nine_hours_apart = "Asia/Tokyo|Etc/UTC"

        assert not is_zone_unknown(every_day("09:00", "20:00"), nine_hours_apart, datetime(2027, 1, 4, tzinfo=UTC))
        assert is_zone_unknown(every_day("09:00", "19:59"), nine_hours_apart, datetime(2027, 1, 4, tzinfo=UTC))

    def test_a_short_window_is_no_lack_of_common_hours(self) -> None:
        one_hour = every_day("12:00", "13:00")

        assert not is_zone_unknown(one_hour, NEW_YORK, datetime(2027, 1, 4, tzinfo=UTC))
        assert not is_zone_unknown(one_hour, "America/New_York|America/Toronto", datetime(2027, 1, 4, tzinfo=UTC))

    def test_the_days_on_which_only_one_side_has_set_its_clocks_do_not_change_the_verdict(self) -> None:
        key = "America/New_York|Europe/London"
        days = [datetime(2027, 3, 1, tzinfo=UTC) + timedelta(days=n) for n in range(40)]

        assert len({is_zone_unknown(DEFAULT, key, day) for day in days}) == 1


class TestClocksSetForward:
    """New York, 2027-03-14: 02:00 EST becomes 03:00 EDT."""

    def test_the_opening_of_that_day_comes_an_hour_earlier_in_utc(self) -> None:
        before = next_opening(every_day("09:00", "20:00"), NEW_YORK, at(NEW_YORK, "2027-03-12T22:00:00"))
        after = next_opening(every_day("09:00", "20:00"), NEW_YORK, at(NEW_YORK, "2027-03-13T22:00:00"))

        assert before == datetime(2027, 3, 13, 14, tzinfo=UTC)
        assert after == datetime(2027, 3, 14, 13, tzinfo=UTC)

    def test_a_window_that_starts_in_the_missing_hour_opens_when_the_clocks_jump(self) -> None:
        hours = every_day("02:30", "05:00")

        opening = next_opening(hours, NEW_YORK, at(NEW_YORK, "2027-03-14T00:00:00"))

        assert opening == datetime(2027, 3, 14, 7, tzinfo=UTC)  # 03:00 EDT, the first instant past 02:30
        assert not is_open(hours, NEW_YORK, datetime(2027, 3, 14, 6, 59, 59, tzinfo=UTC))

    def test_a_window_that_lies_in_the_missing_hour_is_skipped_for_a_day(self) -> None:
        opening = next_opening(every_day("02:00", "03:00"), NEW_YORK, at(NEW_YORK, "2027-03-14T00:00:00"))

        assert opening == at(NEW_YORK, "2027-03-15T02:00:00")


class TestClocksSetBack:
    """New York, 2027-11-07: 02:00 EDT becomes 01:00 EST."""

    def test_the_opening_of_that_day_comes_an_hour_later_in_utc(self) -> None:
        opening = next_opening(every_day("09:00", "20:00"), NEW_YORK, at(NEW_YORK, "2027-11-06T22:00:00"))

        assert opening == datetime(2027, 11, 7, 14, tzinfo=UTC)

    def test_a_wall_time_that_comes_twice_is_open_twice(self) -> None:
        hours = every_day("01:00", "01:30")
        first, between, second = (datetime(2027, 11, 7, h, m, tzinfo=UTC) for h, m in ((5, 15), (5, 45), (6, 15)))

        assert is_open(hours, NEW_YORK, first)
        assert not is_open(hours, NEW_YORK, between)
        assert is_open(hours, NEW_YORK, second)
        assert next_opening(hours, NEW_YORK, between) == datetime(2027, 11, 7, 6, tzinfo=UTC)

    def test_a_start_that_comes_twice_opens_twice(self) -> None:
        opening = next_opening(every_day("01:10", "01:30"), NEW_YORK, datetime(2027, 11, 7, 5, 45, tzinfo=UTC))

        assert opening == datetime(2027, 11, 7, 6, 10, tzinfo=UTC)

    def test_a_window_up_to_eight_closes_at_eight_however_long_the_day_is(self) -> None:
        assert is_open(every_day("00:00", "20:00"), NEW_YORK, at(NEW_YORK, "2027-11-07T19:59:59"))
        assert not is_open(every_day("00:00", "20:00"), NEW_YORK, at(NEW_YORK, "2027-11-07T20:00:00"))


def test_sydney_sets_its_clocks_the_other_way_round() -> None:
    hours = every_day("09:00", "20:00")

    forward = next_opening(hours, SYDNEY, at(SYDNEY, "2027-10-02T21:00:00"))  # clocks forward on 3 October
    back = next_opening(hours, SYDNEY, at(SYDNEY, "2027-04-03T21:00:00"))  # and back on 4 April

    assert forward == datetime(2027, 10, 2, 22, tzinfo=UTC)
    assert back == datetime(2027, 4, 3, 23, tzinfo=UTC)


def test_lord_howe_sets_its_clocks_by_half_an_hour() -> None:
    opening = next_opening(
        every_day("02:10", "03:00"), "Australia/Lord_Howe", at("Australia/Lord_Howe", "2027-10-03T00:00:00")
    )

    assert opening == at("Australia/Lord_Howe", "2027-10-03T02:30:00")


class TestOvernight:
    HOURS = CallingHours(windows=(Window(days=(Day.FRI,), start="22:00", end="02:00"),))

    @pytest.mark.parametrize(
        ("local", "open_"),
        [
            ("2027-01-08T21:59:00", False),
            ("2027-01-08T22:00:00", True),
            ("2027-01-09T01:59:59", True),  # Saturday, still Friday's window
            ("2027-01-09T02:00:00", False),
            ("2027-01-09T22:30:00", False),
            ("2027-01-08T01:00:00", False),  # Thursday has no window to run over from
        ],
    )
    def test_a_window_that_crosses_midnight_belongs_to_the_day_it_begins_on(self, local: str, open_: bool) -> None:
        assert is_open(self.HOURS, NEW_YORK, at(NEW_YORK, local)) is open_

    def test_sunday_night_runs_into_monday(self) -> None:
        hours = CallingHours(windows=(Window(days=(Day.SUN,), start="23:00", end="01:00"),))

        assert is_open(hours, NEW_YORK, at(NEW_YORK, "2027-01-11T00:30:00"))

    def test_midnight_may_be_written_as_00_00_or_24_00(self) -> None:
        for end in ("00:00", "24:00"):
            hours = every_day("22:00", end)

            assert is_open(hours, NEW_YORK, at(NEW_YORK, "2027-01-11T23:59:59"))
            assert not is_open(hours, NEW_YORK, at(NEW_YORK, "2027-01-12T00:00:00"))


class TestHolidays:
    CHRISTMAS = frozenset({date(2027, 12, 25)})

    def test_nothing_is_open_on_a_holiday_of_the_contacts_own_calendar(self) -> None:
        hours = every_day("09:00", "20:00", holidays=self.CHRISTMAS)

        assert not is_open(hours, SYDNEY, at(SYDNEY, "2027-12-25T10:00:00"))
        assert is_open(hours, NEW_YORK, at(SYDNEY, "2027-12-25T10:00:00"))  # still the 24th there
        assert next_opening(hours, SYDNEY, at(SYDNEY, "2027-12-24T21:00:00")) == at(SYDNEY, "2027-12-26T09:00:00")

    def test_a_night_window_neither_runs_into_a_holiday_nor_out_of_one(self) -> None:
        hours = every_day("22:00", "02:00", holidays=self.CHRISTMAS)

        assert is_open(hours, NEW_YORK, at(NEW_YORK, "2027-12-24T23:30:00"))
        assert not is_open(hours, NEW_YORK, at(NEW_YORK, "2027-12-25T01:00:00"))
        assert not is_open(hours, NEW_YORK, at(NEW_YORK, "2027-12-25T23:00:00"))
        assert not is_open(hours, NEW_YORK, at(NEW_YORK, "2027-12-26T01:00:00"))

    def test_a_year_of_holidays_has_no_next_opening(self) -> None:
        year = frozenset(date(2027, 1, 1) + timedelta(days=n) for n in range(500))

        assert (
            next_opening(every_day("09:00", "20:00", holidays=year), NEW_YORK, datetime(2027, 1, 2, tzinfo=UTC)) is None
        )


def test_r10_a_claim_is_given_only_the_zones_that_are_open_now() -> None:
    keys = ["America/New_York", "America/Los_Angeles", "America/Los_Angeles|America/New_York", "", "Etc/Unknown"]

    morning = open_keys(DEFAULT, keys, at(NEW_YORK, "2027-01-04T09:30:00"))
    noon = open_keys(DEFAULT, keys, at(NEW_YORK, "2027-01-04T12:00:00"))

    assert morning == ["America/New_York"]
    assert noon == ["America/New_York", "America/Los_Angeles", "America/Los_Angeles|America/New_York"]


_ZONES = st.sampled_from(
    [
        "Africa/Casablanca",
        "America/Los_Angeles",
        "America/New_York",
        "America/Regina",
        "America/Santiago",
        "Asia/Kathmandu",
        "Australia/Lord_Howe",
        "Australia/Sydney",
        "Etc/UTC",
        "Europe/London",
        "Pacific/Chatham",
    ]
)
_CLOCKS = st.builds(lambda h, m: f"{h:02d}:{m:02d}", st.integers(0, 23), st.sampled_from([0, 10, 30]))
_WINDOWS = st.builds(
    lambda days, pair: Window(days=tuple(days), start=pair[0], end=pair[1]),
    st.lists(st.sampled_from(WEEK), min_size=1, max_size=4),
    st.tuples(_CLOCKS, _CLOCKS).filter(lambda pair: pair[0] != pair[1]),
)
# Around the days on which somewhere clocks are set, and around the turn of the year.
_MOMENTS = st.builds(
    lambda day, minutes: day + timedelta(minutes=minutes),
    st.sampled_from(
        [datetime(2027, m, d, tzinfo=UTC) for m, d in ((3, 13), (3, 27), (4, 3), (10, 2), (11, 6), (12, 30))]
    ),
    st.integers(0, 3 * 24 * 60),
)
_HOLIDAYS = st.frozensets(st.dates(date(2027, 3, 13), date(2027, 4, 10)), max_size=4)


def _is_open_by_the_wall_clock(hours: CallingHours, zones: list[str], now: datetime) -> bool:
    def says_open(zone: str) -> bool:
        local = now.astimezone(clock_of(zone))
        clock, today, yesterday = local.strftime("%H:%M"), local.date(), local.date() - timedelta(days=1)
        if today in hours.holidays:
            return False
        for window in hours.windows:
            if window.start < window.end:
                if WEEK[today.weekday()] in window.days and window.start <= clock < window.end:
                    return True
            elif (WEEK[today.weekday()] in window.days and clock >= window.start) or (
                WEEK[yesterday.weekday()] in window.days and clock < window.end and yesterday not in hours.holidays
            ):
                return True
        return False

    return all(map(says_open, zones))


@given(
    windows=st.lists(_WINDOWS, min_size=1, max_size=3),
    zones=st.lists(_ZONES, min_size=1, max_size=3, unique=True),
    now=_MOMENTS,
    holidays=_HOLIDAYS,
)
@settings(max_examples=60, deadline=None)
def test_the_next_opening_is_open_and_nothing_is_open_before_it(
    windows: list[Window], zones: list[str], now: datetime, holidays: frozenset[date]
) -> None:
    hours, key = CallingHours(windows=tuple(windows), holidays=holidays), "|".join(sorted(zones))
    assume(not is_zone_unknown(hours, key, now))

    opening = next_opening(hours, key, now)

    limit = opening or now + timedelta(days=9)
    assert opening is None or (opening >= now and is_open(hours, key, opening))
    waiting = now
    while waiting < min(limit, now + timedelta(days=9)):
        assert not _is_open_by_the_wall_clock(hours, zones, waiting)
        assert not is_open(hours, key, waiting)
        waiting += timedelta(minutes=5)


@given(windows=st.lists(_WINDOWS, min_size=1, max_size=3), zone=_ZONES, now=_MOMENTS, holidays=_HOLIDAYS)
@settings(max_examples=200, deadline=None)
def test_an_hour_is_open_exactly_when_the_wall_clock_says_so(
    windows: list[Window], zone: str, now: datetime, holidays: frozenset[date]
) -> None:
    hours = CallingHours(windows=tuple(windows), holidays=holidays)

    assert is_open(hours, zone, now) is _is_open_by_the_wall_clock(hours, [zone], now)


@given(
    both=st.tuples(*[st.lists(_WINDOWS, min_size=1, max_size=2)] * 2),
    zones=st.tuples(_ZONES, _ZONES),
    now=_MOMENTS,
    holidays=_HOLIDAYS,
)
@settings(max_examples=30, deadline=None)
def test_the_next_common_opening_is_the_first_moment_at_which_both_are_open(
    both: tuple[list[Window], list[Window]], zones: tuple[str, str], now: datetime, holidays: frozenset[date]
) -> None:
    one = Bound(CallingHours(windows=tuple(both[0]), holidays=holidays), zones[0])
    other = Bound(CallingHours(windows=tuple(both[1])), zones[1])

    opening = next_common_opening([one, other], now)

    assert opening is None or (opening >= now and is_open(*one, opening) and is_open(*other, opening))
    waiting, limit = now, min(opening or now + timedelta(days=9), now + timedelta(days=9))
    while waiting < limit:
        assert not (is_open(*one, waiting) and is_open(*other, waiting))
        waiting += timedelta(minutes=5)
