"""The countries of numbers, and of caller ids: what may be dialed from them where nothing else was said."""

from __future__ import annotations

import phonenumbers
import pytest
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from orchestrator.policy.phone.number_region import DIALABLE_REGIONS, number_regions, regions_of_caller_ids

US_OR_CANADA = {"US", "CA"}
ISLANDS = "AG AI AS BB BM BS DM DO GD GU JM KN KY LC MP MS PR SX TC TT VC VG VI".split()  # noqa: SIM905


@pytest.mark.parametrize(
    ("number", "regions"),
    [
        ("+12125550123", {"US"}),
        ("+14165550123", {"CA"}),
        ("+18765550123", {"JM"}),
        ("+18095550123", {"DO"}),
        ("+18495550123", {"DO"}),
        ("+17875550123", {"PR"}),
        ("+12425550123", {"BS"}),  # an exchange that phonenumbers does not know there
        ("+18005550123", US_OR_CANADA),
        ("+19005551212", US_OR_CANADA),
        ("+14362342000", US_OR_CANADA),  # an area code that phonenumbers does not know
        ("+442071234567", {"GB"}),
        ("+441534123456", {"JE"}),
        ("+447781123456", {"GG"}),
        ("+445500000000", {"GB"}),  # nobody's
        ("+79161234567", {"RU"}),
        ("+77011234567", {"KZ"}),
        ("+3906698123", {"VA"}),
        ("+5511961234567", {"BR"}),
        ("+80012345678", {"001"}),
        ("+881612345678", {"001"}),
        ("+999123456", set()),
        ("erased:con_1", set()),
        ("442071234567", set()),
        ("", set()),
    ],
)
def test_a_number_is_of_one_country_unless_its_code_is_no_single_ones(number: str, regions: set[str]) -> None:
    assert number_regions(number) == regions


def test_every_country_has_numbers_of_its_own() -> None:
    told = {}
    for region in phonenumbers.SUPPORTED_REGIONS:
        example = phonenumbers.example_number_for_type(region, PhoneNumberType.MOBILE)
        if example:
            told[region] = number_regions(phonenumbers.format_number(example, PhoneNumberFormat.E164))

    # Mobiles that two countries share count as the larger one's.
    shared = {
        "AX": "FI",
        "BL": "GP",
        "CC": "AU",
        "CX": "AU",
        "MF": "GP",
        "YT": "RE",
        "EH": "MA",
        "SJ": "NO",
        "IM": "GB",
        "VA": "IT",
    }
    assert {
        region: regions
        for region, regions in told.items()
        if not regions & {region, shared.get(region, region)} and not (region in ("CA", "US") and regions)
    } == {}
    assert set(told) <= DIALABLE_REGIONS


@pytest.mark.parametrize("region", ISLANDS)
def test_no_area_code_of_an_island_counts_as_the_us(region: str) -> None:
    """Calls to the Caribbean cost like those to other continents: it is what toll fraud rings."""
    example = phonenumbers.example_number(region)

    for exchange in range(200, 1000):
        number = f"+1{str(example.national_number)[:3]}{exchange}4567"
        assert number_regions(number) == {region}, number


@pytest.mark.parametrize(
    ("caller_ids", "regions"),
    [
        (["+12125550100"], {"US"}),
        (["+14165550100"], {"CA"}),
        (["+12125550100", "+442071234567"], {"US", "GB"}),
        (["+18005550100"], US_OR_CANADA),
        ([], set()),
    ],
)
def test_caller_ids_allow_their_own_countries(caller_ids: list[str], regions: set[str]) -> None:
    assert regions_of_caller_ids(caller_ids) == regions
