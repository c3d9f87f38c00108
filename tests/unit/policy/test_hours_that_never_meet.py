"""A contact whose campaign and law have no minute in common is held for that, without a time that would be no other."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from orchestrator.policy.dial_gate import GateFacts, Go, Hold, may_dial
from orchestrator.policy.hold_reasons import Reason
from orchestrator.policy.law.law import law_for
from orchestrator.policy.law.law_mode import LawMode
from orchestrator.policy.preflight import Plan, warnings
from orchestrator.policy.purposes import Purpose, Voice
from orchestrator.policy.weekly_hours import CallingHours, Day, Window

EASTERN = "America/New_York"
LAW = law_for(("US", "US-NY"), Purpose.INFORMATIONAL)  # 08:00 to 21:00
CLOSED = replace(LAW, week=None, hours=None, is_never_open=True)  # the rules of two places leave no hour
LOUISIANA = law_for(("US", "US-LA"), Purpose.SALES, Voice.AGENT)  # no call on a holiday
MIDNIGHT = datetime(2027, 1, 4, 5, tzinfo=UTC)  # of a Monday, in New York
CLOCKS_FORWARD = datetime(2027, 3, 14, 4, tzinfo=UTC)  # of New York; those of London are two weeks later
HOUR = timedelta(hours=1)


def hours(start: str, end: str, *days: str, timezone: str = "contact") -> CallingHours:
    windows = [{"days": list(days or ("mon-sun",)), "start": start, "end": end}]
    return CallingHours.model_validate({"timezone": timezone, "windows": windows})


NEVER = GateFacts(
    campaign_status="running",
    calling_hours=hours("05:00", "08:00"),
    zone_key=EASTERN,
    attempts_spent=0,
    max_attempts=3,
    law=LAW,
)


@pytest.mark.parametrize("hour", [0, 4, 5, 7, 8, 12, 21, 23])
def test_it_is_held_without_a_time_at_any_hour(hour: int) -> None:
    assert may_dial(NEVER, MIDNIGHT + hour * HOUR) == Hold(Reason.NO_COMMON_HOURS, None)


def test_with_an_end_of_the_campaign_it_is_held_until_then() -> None:
    assert may_dial(replace(NEVER, ends_at=MIDNIGHT + 90 * HOUR), MIDNIGHT) == Hold(
        Reason.NO_COMMON_HOURS, MIDNIGHT + 90 * HOUR
    )


@pytest.mark.parametrize(
    ("facts", "verdict"),
    [
        (replace(NEVER, calling_hours=hours("05:00", "08:01")), Hold(Reason.OUTSIDE_HOURS, MIDNIGHT + 8 * HOUR)),
        (replace(NEVER, law_mode=LawMode.OFF), Hold(Reason.OUTSIDE_HOURS, MIDNIGHT + 5 * HOUR)),
        (replace(NEVER, law_mode=LawMode.WARN), Hold(Reason.OUTSIDE_HOURS, MIDNIGHT + 5 * HOUR)),
        (replace(NEVER, ignore_hours=True), Go()),
        (replace(NEVER, law=None), Hold(Reason.OUTSIDE_HOURS, MIDNIGHT + 5 * HOUR)),
        (replace(NEVER, zone_key=""), Hold(Reason.ZONE_UNKNOWN, None)),
        # the same hours by the clock of another place: 05:00 in Honolulu is 10:00 in New York
        (replace(NEVER, law_zone_key="Pacific/Honolulu"), Hold(Reason.NO_COMMON_HOURS, None)),
        (replace(NEVER, law_zone_key="Europe/London"), Hold(Reason.OUTSIDE_HOURS, MIDNIGHT + 5 * HOUR)),
        (replace(NEVER, law_zone_key="America/New_York|Asia/Bangkok|Europe/London"), Hold(Reason.ZONE_UNKNOWN, None)),
        (replace(NEVER, law=CLOSED), Hold(Reason.NO_COMMON_HOURS, None)),
        (replace(NEVER, calling_hours=hours("00:00", "24:00"), law=CLOSED), Hold(Reason.NO_COMMON_HOURS, None)),
        # one day that the law closes, and one that it does not
        (
            replace(NEVER, calling_hours=hours("09:00", "20:00", "sun"), law=law_for(("CA",), Purpose.SALES)),
            Hold(Reason.OUTSIDE_HOURS, MIDNIGHT + 6 * 24 * HOUR + 10 * HOUR),
        ),
        (
            replace(NEVER, calling_hours=hours("09:00", "20:00", "sun"), law=law_for(("AU",), Purpose.SALES)),
            Hold(Reason.NO_COMMON_HOURS, None),
        ),
    ],
)
def test_only_hours_that_never_meet_are_told_as_such(facts: GateFacts, verdict: Hold | Go) -> None:
    assert may_dial(facts, MIDNIGHT) == verdict


def test_places_that_share_an_hour_for_a_few_weeks_of_the_year_do_meet() -> None:
    """Between the days on which New York and London set their clocks they are four hours apart, and else five."""
    both = replace(NEVER, calling_hours=hours("03:00", "04:00"), law_zone_key=f"{EASTERN}|Europe/London")

    assert may_dial(both, MIDNIGHT) == Hold(Reason.NO_COMMON_HOURS, None)
    spring = replace(both, law_zone_key="Europe/London", calling_hours=hours("16:00", "17:00"))
    assert may_dial(spring, MIDNIGHT) == Hold(Reason.OUTSIDE_HOURS, CLOCKS_FORWARD + 16 * HOUR)


LABOR_DAY = date(2027, 9, 6)


def on_mondays(*days: date) -> GateFacts:
    """Return a contact in Louisiana, called on Mondays, and of those of two years on these alone."""
    mondays = {date(2027, 1, 4) + timedelta(weeks=week) for week in range(104)}
    called = CallingHours(windows=(Window(days=(Day.MON,), start="09:00", end="20:00"),), holidays=mondays - {*days})
    return replace(NEVER, calling_hours=called, zone_key="America/Chicago", law=LOUISIANA)


NOON_OF_LABOR_DAY = datetime(2027, 9, 6, 17, tzinfo=UTC)


@pytest.mark.parametrize("now", [MIDNIGHT, NOON_OF_LABOR_DAY - 12 * HOUR, NOON_OF_LABOR_DAY])
def test_hours_that_meet_on_holidays_of_the_law_alone_never_meet(now: datetime) -> None:
    assert may_dial(on_mondays(LABOR_DAY), now) == Hold(Reason.NO_COMMON_HOURS, None)


def test_hours_that_meet_on_one_day_that_is_no_holiday_are_waited_for() -> None:
    opens_at = datetime(2027, 9, 13, 14, tzinfo=UTC)
    facts = on_mondays(LABOR_DAY, date(2027, 9, 13))

    assert may_dial(facts, MIDNIGHT) == Hold(Reason.OUTSIDE_HOURS, opens_at)
    assert may_dial(facts, NOON_OF_LABOR_DAY) == Hold(Reason.LAW_HOLIDAY, opens_at)
    assert may_dial(facts, opens_at) == Go()
    assert may_dial(facts, opens_at + 12 * HOUR) == Hold(Reason.NO_COMMON_HOURS, None)  # it was the last of them


@pytest.mark.parametrize("mode", [LawMode.WARN, LawMode.OFF])
def test_who_does_not_obey_the_law_calls_on_its_holidays(mode: LawMode) -> None:
    facts = replace(on_mondays(LABOR_DAY), law_mode=mode)

    assert may_dial(facts, MIDNIGHT) == Hold(Reason.OUTSIDE_HOURS, datetime(2027, 9, 6, 14, tzinfo=UTC))
    assert may_dial(facts, NOON_OF_LABOR_DAY) == Go()


def test_a_preflight_warns_of_those_who_are_never_called() -> None:
    plan = Plan(purpose="informational", is_always_open=False, caller_ids=1, dials=0, held_for_ever=3, never_in_hours=3)

    found = {each.code: each for each in warnings(plan)}

    assert found["no_common_hours"].pointer == "/calling_hours"
    assert found["no_common_hours"].detail.startswith("3 contacts are never called")
