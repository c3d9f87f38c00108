"""The places of a number: its country, and in North America its state, unless the contact says another."""

from __future__ import annotations

import pytest

from orchestrator.policy.law.regions import regions_of
from tests.unit.policy.test_number_zones import IN_SERVICE
from tools.make_number_regions import WRITTEN_TO, make_table

OVERLAYS = "305/786/645 212/332/646/917 214/469/972/945 559/357 440/436 318/457 718/347/929/465 662/471 334/483 713/621"


@pytest.mark.parametrize(
    ("phone", "regions"),
    [
        ("+13055550123", ("US", "US-FL")),
        ("+14485550123", ("US", "US-FL")),
        ("+12145550123", ("US", "US-TX")),
        ("+12025550123", ("US", "US-DC")),
        ("+17275550123", ("US", "US-FL")),
        ("+14165550123", ("CA", "CA-ON")),
        ("+19025550123", ("CA", "CA-NS", "CA-PE")),
        ("+18675550123", ("CA", "CA-NT", "CA-NU", "CA-YT")),
        ("+17875550123", ("PR",)),
        ("+18765550123", ("JM",)),
        ("+18005551212", ("US",)),
        ("+15005550006", ("US",)),
        ("+442071234567", ("GB",)),
        ("+441481256789", ("GG",)),
        ("+61732001234", ("AU",)),
        ("+4930123456", ("DE",)),
        ("+881612345678", ()),
        ("+999123456789", ()),
        ("", ()),
    ],
)
def test_a_number_lies_in_its_country_and_state(phone: str, regions: tuple[str, ...]) -> None:
    assert regions_of(phone) == regions


@pytest.mark.parametrize(
    ("phone", "said", "regions"),
    [
        ("+12125550123", "US-FL", ("US", "US-FL")),
        ("+12125550123", "US", ("US",)),
        ("+18005551212", "US-TX", ("US", "US-TX")),
        ("+442071234567", "US-FL", ("GB", "US", "US-FL")),
        ("+12125550123", "GB", ("GB", "US")),
    ],
)
def test_what_a_contact_says_counts_instead_of_the_state_and_beside_the_country(
    phone: str, said: str, regions: tuple[str, ...]
) -> None:
    assert regions_of(phone, said) == regions


@pytest.mark.parametrize("code", IN_SERVICE)
def test_every_area_code_in_service_has_a_place(code: str) -> None:
    regions = regions_of(f"+1{code}5550123")

    assert regions
    assert "US" not in regions or len(regions) > 1


@pytest.mark.parametrize("codes", OVERLAYS.split())
def test_codes_laid_over_each_other_lie_in_one_state(codes: str) -> None:
    assert len({regions_of(f"+1{code}5550123") for code in codes.split("/")}) == 1


def test_the_table_is_what_its_tool_makes() -> None:
    assert WRITTEN_TO.read_text() == make_table()
