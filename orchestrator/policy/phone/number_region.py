"""The countries that a number may belong to: what a connection dials is bounded by them, against toll fraud.

Area codes of +1 are told apart, for those of the Caribbean cost like other continents; +1 alone is no country.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

import phonenumbers
from phonenumbers import PhoneNumber

NO_COUNTRY: Final = "001"
"""What phonenumbers calls the region of +800, +870, +979 and other codes of no country."""

DIALABLE_REGIONS: Final = frozenset(phonenumbers.SUPPORTED_REGIONS) | {NO_COUNTRY}

_NOWHERE: Final = frozenset[str]()
_NORTH_AMERICAN = re.compile(r"\+1(\d{3})\d{7}", re.ASCII)
_US_OR_CANADA: Final = frozenset({"US", "CA"})
_REGIONS: Final[Mapping[str, tuple[str, ...]]] = {
    str(code): regions for code, regions in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items()
}
_LONGEST_CODE: Final = 3


def number_regions(e164: str) -> frozenset[str]:
    """Return the country of a number, two letters or `001`; of +1 US and CA where the area code is no single country's.

    Free numbers (+1 800) are both countries'. A number that its country does not know counts as its code's main
    country's. Empty for what is no number.
    """
    if american := _NORTH_AMERICAN.fullmatch(e164):
        return _regions_of_area(american[1])
    codes = (e164[1 : 1 + length] for length in range(1, _LONGEST_CODE + 1))
    regions = next((_REGIONS[code] for code in codes if code in _REGIONS), ()) if e164.startswith("+") else ()
    return _one_of(e164) if len(regions) > 1 else frozenset(regions)


def regions_of_caller_ids(caller_ids: Iterable[str]) -> frozenset[str]:
    """Return the countries of caller ids: those that are dialed where nothing else was said."""
    return _NOWHERE.union(*map(number_regions, caller_ids))


@lru_cache(maxsize=1024)
def stored_regions(dial_regions: str | None, caller_ids: str) -> frozenset[str]:
    """Return what a connection dials, from the JSON texts of its `dial_regions` and of the caller ids in use."""
    return frozenset(json.loads(dial_regions)) if dial_regions else regions_of_caller_ids(json.loads(caller_ids))


@lru_cache(maxsize=1024)
def _regions_of_area(area: str) -> frozenset[str]:
    number = PhoneNumber(country_code=1, national_number=int(f"{area}2345678"))
    kind = phonenumbers.number_type(number)
    is_of_a_place = kind in (phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE)
    islands = frozenset(region for region, begins in _islands().items() if begins.match(area))
    region = phonenumbers.region_code_for_number(number) if is_of_a_place else None
    return islands or (frozenset({region}) if region else _US_OR_CANADA)


@lru_cache(maxsize=1)
def _islands() -> Mapping[str, re.Pattern[str]]:
    """Return the countries of +1 that have area codes of their own: all but the US and Canada."""
    found = ((region, phonenumbers.PhoneMetadata.metadata_for_region(region)) for region in _REGIONS["1"])
    return {region: re.compile(data.leading_digits) for region, data in found if data and data.leading_digits}


@lru_cache(maxsize=8192)
def _one_of(e164: str) -> frozenset[str]:
    try:
        number = phonenumbers.parse(e164)
    except phonenumbers.NumberParseException:
        return _NOWHERE
    main = phonenumbers.region_code_for_country_code(number.country_code or 0)
    return frozenset({phonenumbers.region_code_for_number(number) or main})
