"""Where the hours of the law must be open: in the contact's zone and the number's, unless the former is an address."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.policy.calling_hours import closed_reason, is_open
from orchestrator.policy.hold_reasons import Reason
from orchestrator.policy.weekly_hours import CallingHours
from orchestrator.policy.zones.contact_zones import ZoneAnswer, binding_zones, law_zones_for, zones_for

NOW = datetime(2026, 11, 30, 15, tzinfo=UTC)
BOSTON, SEATTLE, GARY, TOLL_FREE, NOBODYS, CHATTANOOGA = (
    "+16175550123",
    "+12065550123",
    "+12192002000",  # on two clocks
    "+18005550123",
    "+15555550123",
    "+14232001234",  # on two clocks
)
EASTERN, CENTRAL, PACIFIC = "America/New_York", "America/Chicago", "America/Los_Angeles"
MOUNTAIN, HAWAII = "America/Denver", "Pacific/Honolulu"
MIAMI = "+13055550123"
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


def test_a_default_takes_no_known_place_away_however_few_hours_a_campaign_has() -> None:
    """An hour on the clock is never open on both clocks of Chattanooga: until somebody says which, nobody is called."""
    hour = CallingHours.model_validate({"windows": [{"days": ["mon-sun"], "start": "17:00", "end": "18:00"}]})
    half_past_eight = datetime(2026, 12, 1, 1, 30, tzinfo=UTC)  # in the evening, in New York

    answer = zones_for(CHATTANOOGA, None, PACIFIC, now=half_past_eight)

    assert answer == ZoneAnswer(f"{CENTRAL}|{EASTERN}", "number")
    assert closed_reason(hour, answer.key, half_past_eight) is Reason.ZONE_UNKNOWN
    assert not is_open(hour, answer.key, half_past_eight)


@pytest.mark.parametrize(
    ("phone", "timezone", "source", "region", "zones"),
    [
        (BOSTON, None, None, "US-HI", {EASTERN, HAWAII}),
        (BOSTON, None, None, "US-TX", {EASTERN, CENTRAL, MOUNTAIN}),
        (BOSTON, None, "address", "US-HI", {EASTERN, HAWAII}),  # an address that says no zone
        (BOSTON, EASTERN, "crm", "US-HI", {EASTERN, HAWAII}),
        (BOSTON, EASTERN, "address", "US-HI", {EASTERN}),
        (SEATTLE, EASTERN, "said", "US-HI", {PACIFIC, EASTERN, HAWAII}),
        (BOSTON, NO_SUCH, "crm", "US-HI", set()),
        # Of its own state a number knows more: Miami is not Pensacola.
        (MIAMI, None, None, "US-FL", {EASTERN}),
        (MIAMI, None, None, "US-TX", {EASTERN, CENTRAL, MOUNTAIN}),
        # A region is a place: the campaign's default does not stand in for it.
        (TOLL_FREE, None, None, "US-HI", {HAWAII}),
        (NOBODYS, None, None, "US-HI", {HAWAII}),
        (TOLL_FREE, EASTERN, "crm", "US-HI", {EASTERN, HAWAII}),
        # Places that share no hours bind both: nobody is called until an address is known.
        (BOSTON, None, None, "AU-NSW", {EASTERN, "Australia/Sydney", "Australia/Broken_Hill", "Australia/Lord_Howe"}),
        (BOSTON, EASTERN, "crm", "US-GU", {EASTERN, "Pacific/Guam"}),
    ],
)
def test_the_zones_of_the_persons_region_must_be_open_too(
    phone: str, timezone: str | None, source: str | None, region: str, zones: set[str]
) -> None:
    told = law_zones_for(phone, timezone, source, PACIFIC, region=region, now=NOW)
    binding = binding_zones(phone, timezone, source, PACIFIC, region=region, now=NOW)

    assert set(told.split("|")) - {""} == zones == set(binding)


@pytest.mark.parametrize(
    ("phone", "timezone", "region", "binding"),
    [
        (BOSTON, None, "US-HI", {EASTERN: "number", HAWAII: "region"}),
        (BOSTON, None, "US-MA", {EASTERN: "number"}),
        (TOLL_FREE, None, "US-HI", {HAWAII: "region"}),
        (TOLL_FREE, None, None, {PACIFIC: "campaign_default"}),
        (SEATTLE, EASTERN, "US-HI", {PACIFIC: "number", EASTERN: "contact", HAWAII: "region"}),
        (BOSTON, EASTERN, None, {EASTERN: "contact"}),
        (GARY, None, None, {CENTRAL: "number", EASTERN: "number"}),
    ],
)
def test_each_zone_that_binds_says_who_says_it(
    phone: str, timezone: str | None, region: str | None, binding: dict[str, str]
) -> None:
    assert binding_zones(phone, timezone, None, PACIFIC, region=region, now=NOW) == binding


def test_the_hours_of_the_campaign_go_by_the_region_unless_the_contact_says_a_zone() -> None:
    by_both = zones_for(BOSTON, None, PACIFIC, region="US-HI", now=NOW)

    assert by_both == ZoneAnswer(f"{EASTERN}|{HAWAII}", "region")
    assert zones_for(BOSTON, EASTERN, PACIFIC, region="US-HI", now=NOW) == ZoneAnswer(EASTERN, "contact")


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
