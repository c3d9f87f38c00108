"""The possible time zones of a contact and their source: those of its calling hours, and those of the law."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Literal, NamedTuple

import phonenumbers
from phonenumbers import timezone as number_zones

from orchestrator.policy.calling_hours import is_zone_unknown
from orchestrator.policy.law.regions import regions_of
from orchestrator.policy.weekly_hours import CallingHours
from orchestrator.policy.zones.number_zones import zones_by_prefix
from orchestrator.policy.zones.region_zones import zones_of_region
from orchestrator.policy.zones.timezone_source import TimezoneSource
from orchestrator.policy.zones.zone_names import zone_key, zones_of

Provenance = Literal["contact", "number", "region", "campaign_default"]

# In the North American plan the zone hangs on area code and exchange: one answer for ten thousand numbers.
_NORTH_AMERICAN = re.compile(r"(\+1[2-9]\d\d[2-9]\d\d)\d{4}", re.ASCII)


class ZoneAnswer(NamedTuple):
    """A canonical zone key, "America/Chicago|America/Denver" or "" when unknown, and where it comes from.

    It comes from the `region` where a region is said, though the zones of the number are in it, too.
    """

    key: str
    provenance: Provenance


def zones_for(
    phone: str,
    explicit_timezone: str | None = None,
    default_timezone: str | None = None,
    *,
    region: str | None = None,
    now: datetime,
) -> ZoneAnswer:
    """Return the zones of a contact: its own, else those of its number and of its region, else the campaign's default.

    A contact's own zone that does not exist stays unknown: a guess in its place could ring at night.
    """
    if explicit_timezone:
        return ZoneAnswer(_key_of(explicit_timezone), "contact")
    return _place_of(phone, region, default_timezone, now.year)


def law_zones_for(
    phone: str,
    explicit_timezone: str | None = None,
    source: str | None = None,
    default_timezone: str | None = None,
    *,
    region: str | None = None,
    now: datetime,
) -> str:
    """Return the key of the zones in all of which the hours of the law must be open.

    They are the contact's own and those of its number and region: a record may be old, and the person anywhere there.
    A zone from the person's address counts alone. The default of the campaign counts for a number that tells no place.
    """
    if not explicit_timezone:
        return _place_of(phone, region, default_timezone, now.year).key
    own, place = _key_of(explicit_timezone), _place_of(phone, region, None, now.year)
    says_nothing = place.provenance == "number" and tells_no_place(place.key, now.year)
    if says_nothing or not own or source == TimezoneSource.ADDRESS:
        return own
    return _both(own, place.key)


def binding_zones(
    phone: str,
    explicit_timezone: str | None = None,
    source: str | None = None,
    default_timezone: str | None = None,
    *,
    region: str | None = None,
    now: datetime,
) -> dict[str, Provenance]:
    """Return each zone that decides when a contact may be called, and who says it."""
    answer = zones_for(phone, explicit_timezone, default_timezone, region=region, now=now)
    law = zones_of(law_zones_for(phone, explicit_timezone, source, default_timezone, region=region, now=now))
    by_number = _number_key(phone)
    told = set() if tells_no_place(by_number, now.year) else set(zones_of(by_number))
    binding: dict[str, Provenance] = {zone: "number" if zone in told else "region" for zone in law}
    if answer.provenance != "region":
        binding |= dict.fromkeys(zones_of(answer.key), answer.provenance)
    return binding


@lru_cache(maxsize=8_192)
def tells_no_place(key: str, year: int) -> bool:
    """Return whether the zones of a number share less than two hours of a usual day: then they tell no place."""
    return is_zone_unknown(CallingHours(), key, datetime(year, 1, 1, tzinfo=UTC))


def _place_of(phone: str, region: str | None, default_timezone: str | None, year: int) -> ZoneAnswer:
    by_number, by_region = _number_key(phone), zones_of_region(region)
    says_nothing = tells_no_place(by_number, year)
    if by_region and says_nothing:
        return ZoneAnswer(by_region, "region")
    if by_region and region not in regions_of(phone):  # of its own state the number knows more
        return ZoneAnswer(_both(by_number, by_region), "region")
    if default_timezone and says_nothing:
        return ZoneAnswer(_key_of(default_timezone), "campaign_default")
    return ZoneAnswer(by_number, "number")


@lru_cache(maxsize=1_024)
def _key_of(zone: str) -> str:
    return zone_key([zone])


@lru_cache(maxsize=8_192)
def _both(one: str, other: str) -> str:
    return zone_key({*zones_of(one), *zones_of(other)})


def _number_key(phone: str) -> str:
    american = _NORTH_AMERICAN.fullmatch(phone)
    return _exchange_key(american[1]) if american else _full_number_key(phone)


@lru_cache(maxsize=65_536)
def _exchange_key(exchange: str) -> str:
    return _key(f"{exchange}2000")


@lru_cache(maxsize=8_192)
def _full_number_key(phone: str) -> str:
    return _key(phone)


def _key(phone: str) -> str:
    key = zones_by_prefix(phone)
    return _guess(phone) if key is None else key


def _guess(phone: str) -> str:
    try:
        return zone_key(number_zones.time_zones_for_number(phonenumbers.parse(phone)))
    except phonenumbers.NumberParseException:
        return ""
