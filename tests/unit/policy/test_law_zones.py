"""Where the hours of the law must be open: in the contact's zone and the number's, unless the former is an address."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.policy.calling_hours import is_open
from orchestrator.policy.weekly_hours import CallingHours
from orchestrator.policy.zones.contact_zones import law_zones_for, zones_for

NOW = datetime(2026, 11, 30, 15, tzinfo=UTC)
BOSTON, SEATTLE, GARY, TOLL_FREE, NOBODYS = (
    "+16175550123",
    "+12065550123",
    "+12192002000",  # on two clocks
    "+18005550123",
    "+15555550123",
)
EASTERN, CENTRAL, PACIFIC = "America/New_York", "America/Chicago", "America/Los_Angeles"
NO_SUCH = "America/New_Yorck"


@pytest.mark.parametrize(
    ("phone", "timezone", "source", "default", "key"),
    [
        (BOSTON, None, None, None, EASTERN),
        (GARY, None, None, None, f"{CENTRAL}|{EASTERN}"),
        (SEATTLE, EASTERN, None, None, f"{PACIFIC}|{EASTERN}"),  # left out: the customer records
        (SEATTLE, EASTERN, "crm", None, f"{PACIFIC}|{EASTERN}"),
        (SEATTLE, EASTERN, "said", None, f"{PACIFIC}|{EASTERN}"),
        (SEATTLE, EASTERN, "address", None, EASTERN),
        (GARY, PACIFIC, "crm", None, f"{CENTRAL}|{PACIFIC}|{EASTERN}"),
        (BOSTON, EASTERN, "crm", None, EASTERN),
        # The campaign's default is for a number that says nothing, and for no other.
        (BOSTON, None, None, PACIFIC, EASTERN),
        (GARY, None, None, PACIFIC, f"{CENTRAL}|{EASTERN}"),
        (TOLL_FREE, None, None, PACIFIC, PACIFIC),
        (NOBODYS, None, None, PACIFIC, PACIFIC),
        (NOBODYS, None, None, None, ""),
        # The contact's word is better than the campaign's default.
        (TOLL_FREE, EASTERN, "crm", PACIFIC, EASTERN),
        (NOBODYS, EASTERN, None, PACIFIC, EASTERN),
        # A zone that does not exist is no guess at another.
        (BOSTON, NO_SUCH, "crm", PACIFIC, ""),
        (BOSTON, NO_SUCH, "address", None, ""),
        (BOSTON, None, "address", None, EASTERN),
    ],
)
def test_the_law_holds_where_the_person_may_be(
    phone: str, timezone: str | None, source: str | None, default: str | None, key: str
) -> None:
    told = law_zones_for(phone, timezone, source, default, now=NOW)

    assert set(told.split("|")) == set(key.split("|"))


def test_a_campaign_with_few_hours_does_not_change_where_the_law_holds() -> None:
    """An hour on the clock is never open on both clocks of Gary: for the campaign's hours its default steps in."""
    hour = CallingHours.model_validate({"windows": [{"days": ["mon-sun"], "start": "09:00", "end": "10:00"}]})

    assert zones_for(GARY, None, PACIFIC, hours=hour, now=NOW).key == PACIFIC
    assert set(law_zones_for(GARY, None, None, PACIFIC, now=NOW).split("|")) == {CENTRAL, EASTERN}


_MOMENTS = st.integers(0, 24 * 60 * 400).map(
    lambda minutes: datetime(2026, 11, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


@given(
    moment=_MOMENTS,
    phone=st.sampled_from([BOSTON, SEATTLE, GARY, "+19075812000", "+61412345678"]),
    timezone=st.sampled_from([EASTERN, CENTRAL, PACIFIC, "America/Phoenix", "Australia/Perth"]),
    source=st.sampled_from([None, "crm", "said"]),
)
def test_no_moment_is_open_for_the_law_that_is_not_open_at_both_places(
    moment: datetime, phone: str, timezone: str, source: str | None
) -> None:
    hours = CallingHours()
    both = law_zones_for(phone, timezone, source, now=moment)

    if is_open(hours, both, moment):
        assert is_open(hours, timezone, moment)
        assert is_open(hours, zones_for(phone, now=moment).key, moment)
