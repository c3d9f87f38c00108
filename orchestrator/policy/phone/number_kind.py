"""What kind a number is, and which are never dialed: premium, shared-cost and emergency numbers among others.

The kinds are phonenumbers' own, but for what it does not say: which codes of no country are satellites, the exchange
976 and the area code 911 of North America, and numbers too long for their kind.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneMetadata, PhoneNumber, PhoneNumberType, shortnumberinfo

from orchestrator.policy.phone.kinds import NumberKind

NEVER_DIALED = {
    NumberKind.PREMIUM: "a premium-rate number",
    NumberKind.SHARED_COST: "a shared-cost number",
    NumberKind.PERSONAL: "a personal number, which is charged like a premium-rate one",
    NumberKind.SATELLITE: "a satellite phone's or an international network's number",
    NumberKind.EMERGENCY: "an emergency number",
}
"""The kinds that are not dialed, in words."""

MAY_BE_ALLOWED = frozenset(NEVER_DIALED) - {NumberKind.EMERGENCY}
"""The kinds that a campaign may dial all the same, if it says so."""

_NEVER_SHOWN = frozenset({NumberKind.PREMIUM, NumberKind.EMERGENCY})
_KINDS = {
    PhoneNumberType.FIXED_LINE: NumberKind.GEOGRAPHIC,
    PhoneNumberType.FIXED_LINE_OR_MOBILE: NumberKind.GEOGRAPHIC,
    PhoneNumberType.MOBILE: NumberKind.MOBILE,
    PhoneNumberType.TOLL_FREE: NumberKind.TOLL_FREE,
    PhoneNumberType.PREMIUM_RATE: NumberKind.PREMIUM,
    PhoneNumberType.SHARED_COST: NumberKind.SHARED_COST,
    PhoneNumberType.PERSONAL_NUMBER: NumberKind.PERSONAL,
}
_CHARGED = {
    "premium_rate": NumberKind.PREMIUM,
    "shared_cost": NumberKind.SHARED_COST,
    "personal_number": NumberKind.PERSONAL,
}
_LONGEST_EMERGENCY = 1_000_000
_NORTH_AMERICAN = re.compile(r"\+1(\d{3})(\d{3})\d{4}", re.ASCII)
# ITU-T E.164, annex of assigned country codes: of 87x and 88x, 880 and 886 are countries.
_OF_NO_COUNTRY = (
    (re.compile(r"\+878"), NumberKind.PERSONAL),
    (re.compile(r"\+87|\+88[1-57-9]"), NumberKind.SATELLITE),
    (re.compile(r"\+979"), NumberKind.PREMIUM),
    (re.compile(r"\+808"), NumberKind.SHARED_COST),
)


def number_kind(e164: str) -> NumberKind:
    """Return the kind of a number in E.164; `unknown` also for what is no number."""
    if north_american := _NORTH_AMERICAN.fullmatch(e164):
        area, exchange = north_american.groups()
        return NumberKind.PREMIUM if exchange == "976" else _in_area(area)
    for beginning, kind in _OF_NO_COUNTRY:
        if beginning.match(e164):
            return kind
    try:
        number = phonenumbers.parse(e164)
    except phonenumbers.NumberParseException:
        return NumberKind.UNKNOWN
    if (number.national_number or 0) < _LONGEST_EMERGENCY and _is_emergency(number):
        return NumberKind.EMERGENCY
    found = phonenumbers.number_type(number)
    return _as_it_begins(number) if found == PhoneNumberType.UNKNOWN else _KINDS.get(found, NumberKind.UNKNOWN)


def is_refused(kind: NumberKind, allowed: Collection[NumberKind] = ()) -> bool:
    """Return whether numbers of a kind are not dialed by a campaign that allows these; emergency numbers never are."""
    return kind in NEVER_DIALED and not (kind in MAY_BE_ALLOWED and kind in allowed)


def why_never_dialed(e164: str, allowed: Collection[NumberKind] = ()) -> str | None:
    """Return why a campaign that allows these kinds never dials a number, as an error text; None if it may."""
    kind = number_kind(e164)
    return f"{e164} is {NEVER_DIALED[kind]}; such numbers are never dialed" if is_refused(kind, allowed) else None


def why_never_shown(e164: str) -> str | None:
    """Return why a number is no caller id: calling back would be charged, or reach an emergency service."""
    kind = number_kind(e164)
    return f"{e164} is {NEVER_DIALED[kind]}, which is no caller id" if kind in _NEVER_SHOWN else None


@lru_cache(maxsize=1024)
def _in_area(area: str) -> NumberKind:
    """Return the kind of a North American area code, which alone decides whether its numbers are charged."""
    if area == "911":
        return NumberKind.EMERGENCY
    number = PhoneNumber(country_code=1, national_number=int(f"{area}2345678"))
    return _KINDS.get(phonenumbers.number_type(number), NumberKind.UNKNOWN)


def _is_emergency(number: PhoneNumber) -> bool:
    national = phonenumbers.national_significant_number(number)
    regions = phonenumbers.region_codes_for_country_code(number.country_code or 0)
    return any(shortnumberinfo.is_emergency_number(national, region) for region in regions)


def _as_it_begins(number: PhoneNumber) -> NumberKind:
    """Return the kind of a number with surplus digits: exchanges ignore them."""
    national = phonenumbers.national_significant_number(number)
    for region in phonenumbers.region_codes_for_country_code(number.country_code or 0):
        for kind, pattern, lengths in _charged(PhoneMetadata.metadata_for_region(region)):
            shorter = [national[:length] for length in lengths if length < len(national)]
            if any(re.fullmatch(pattern, beginning) for beginning in shorter):
                return kind
    return NumberKind.UNKNOWN


def _charged(metadata: PhoneMetadata | None) -> Iterator[tuple[NumberKind, str, Sequence[int]]]:
    for name, kind in _CHARGED.items():
        desc = getattr(metadata, name, None)
        if desc is not None and desc.national_number_pattern:
            yield kind, desc.national_number_pattern, desc.possible_length
