"""A contact whose campaign and law have no minute in common is held for that, without a time that would be no other."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from orchestrator.policy.dial_gate import GateFacts, Go, Hold, may_dial
from orchestrator.policy.hold_reasons import Reason
from orchestrator.policy.law.law import law_for
from orchestrator.policy.law.setting import LawMode
from orchestrator.policy.preflight import Plan, warnings
from orchestrator.policy.purposes import Purpose
from orchestrator.policy.weekly_hours import CallingHours

EASTERN = "America/New_York"
LAW = law_for(("US", "US-NY"), Purpose.INFORMATIONAL)  # 08:00 to 21:00
MIDNIGHT = datetime(2027, 1, 4, 5, tzinfo=UTC)  # of a Monday, in New York
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
        (replace(NEVER, calling_hours=hours("05:00", "08:01")), Hold(Reason.OUTSIDE_HOURS, MIDNIGHT + 5 * HOUR)),
        (replace(NEVER, law_mode=LawMode.OFF), Hold(Reason.OUTSIDE_HOURS, MIDNIGHT + 5 * HOUR)),
        (replace(NEVER, law_mode=LawMode.WARN), Hold(Reason.OUTSIDE_HOURS, MIDNIGHT + 5 * HOUR)),
        (replace(NEVER, ignore_hours=True), Go()),
        (replace(NEVER, law=None), Hold(Reason.OUTSIDE_HOURS, MIDNIGHT + 5 * HOUR)),
        (replace(NEVER, zone_key=""), Hold(Reason.ZONE_UNKNOWN, None)),
        # the same hours by the clock of another place: 05:00 in Honolulu is 10:00 in New York
        (replace(NEVER, law_zone_key="Pacific/Honolulu"), Hold(Reason.NO_COMMON_HOURS, None)),
        (replace(NEVER, law_zone_key="Europe/London"), Hold(Reason.OUTSIDE_HOURS, MIDNIGHT + 5 * HOUR)),
        # one day that the law closes, and one that it does not
        (
            replace(NEVER, calling_hours=hours("09:00", "20:00", "sun"), law=law_for(("CA",), Purpose.SALES)),
            Hold(Reason.OUTSIDE_HOURS, MIDNIGHT + 6 * 24 * HOUR + 9 * HOUR),
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
    assert may_dial(spring, MIDNIGHT) == Hold(Reason.OUTSIDE_HOURS, MIDNIGHT + 16 * HOUR)


def test_a_preflight_warns_of_those_who_are_never_called() -> None:
    plan = Plan(purpose="informational", is_always_open=False, caller_ids=1, dials=0, held_for_ever=3, never_in_hours=3)

    found = {each.code: each for each in warnings(plan)}

    assert found["no_common_hours"].pointer == "/calling_hours"
    assert found["no_common_hours"].detail.startswith("3 contacts are never called")
