"""Which zones a contact may be in, and who says so."""

from __future__ import annotations

from datetime import UTC, datetime

import phonenumbers
import pytest
from phonenumbers import timezone as number_zones

from orchestrator.policy.calling_hours import is_open, is_zone_unknown
from orchestrator.policy.weekly_hours import CallingHours
from orchestrator.policy.zones.contact_zones import ZoneAnswer, zones_for
from orchestrator.policy.zones.zone_names import known_zone, zone_key, zones_of

NOW = datetime(2027, 1, 4, 17, tzinfo=UTC)


@pytest.mark.parametrize(
    ("phone", "key"),
    [
        ("+12125550123", "America/New_York"),
        ("+13125550199", "America/Chicago"),
        ("+442079460123", "Europe/London"),
        ("+61291234567", "Australia/Sydney"),
        ("+15555550123", ""),  # an area code that is nobody's
        ("+999123", ""),
        ("nonsense", ""),
    ],
)
def test_a_number_tells_its_zones_or_nothing(phone: str, key: str) -> None:
    assert zones_for(phone, now=NOW) == ZoneAnswer(key, "number")


def test_the_contacts_own_word_beats_the_number() -> None:
    answer = zones_for("+12125550123", "america/los angeles", "America/Chicago", now=NOW)

    assert answer == ZoneAnswer("America/Los_Angeles", "contact")


def test_a_contacts_zone_that_does_not_exist_is_not_replaced_by_a_guess() -> None:
    assert zones_for("+12125550123", "America/New_Yorck", "America/Chicago", now=NOW) == ZoneAnswer("", "contact")


def test_the_campaigns_default_steps_in_where_the_number_says_nothing() -> None:
    assert zones_for("+15555550123", None, "America/Chicago", now=NOW) == ZoneAnswer(
        "America/Chicago", "campaign_default"
    )
    assert zones_for("+12125550123", None, "America/Chicago", now=NOW) == ZoneAnswer("America/New_York", "number")


def test_a_toll_free_number_with_42_zones_is_held_until_somebody_says_where_it_is() -> None:
    number, default = zones_for("+18005550123", now=NOW), zones_for("+18005550123", None, "America/Denver", now=NOW)

    assert len(zones_of(number.key)) > 40
    assert is_zone_unknown(CallingHours(), number.key, NOW)
    assert not is_open(CallingHours(), number.key, NOW)
    assert default == ZoneAnswer("America/Denver", "campaign_default")


def test_two_neighbouring_zones_are_an_answer_and_keep_the_default_out() -> None:
    two = next(
        number for area in range(201, 990) if len(zones_of((number := zones_for(f"+1{area}2342000", now=NOW)).key)) == 2
    )

    assert not is_zone_unknown(CallingHours(), two.key, NOW)


def test_a_key_is_sorted_without_repeats_and_empty_when_one_zone_is_unknown() -> None:
    assert zone_key(["America/Denver", "america/chicago", "America/Denver"]) == "America/Chicago|America/Denver"
    assert zone_key(["America/Denver", "Etc/Unknown"]) == ""
    assert zones_of("") == ()


@pytest.mark.parametrize(
    "name", ["Etc/Unknown", "localtime", "Factory", "posix/UTC", "right/UTC", "", "America", "/UTC", "UTC/../UTC"]
)
def test_names_that_mean_no_place_are_no_zones(name: str) -> None:
    assert known_zone(name) is None


def test_the_last_four_digits_of_an_american_number_never_change_its_zones() -> None:
    exchanges = [
        f"{area}{exchange}" for area in range(201, 990, 13) for exchange in (200, 234, 310, 555, 700, 976, 999)
    ]

    for exchange in exchanges:
        seen = {
            number_zones.time_zones_for_number(phonenumbers.parse(f"+1{exchange}{line:04d}"))
            for line in (0, 123, 1999, 4242, 5555, 9999)
        }
        assert len(seen) == 1, exchange
