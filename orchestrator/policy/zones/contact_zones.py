"""The possible time zones of a contact and their source: those of its calling hours, and those of the law."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Literal, NamedTuple

import phonenumbers
from phonenumbers import timezone as number_zones

from orchestrator.policy.calling_hours import is_zone_unknown
from orchestrator.policy.weekly_hours import CallingHours
from orchestrator.policy.zones.number_zones import zones_by_prefix
from orchestrator.policy.zones.timezone_source import TimezoneSource
from orchestrator.policy.zones.zone_names import zone_key, zones_of

Provenance = Literal["contact", "number", "campaign_default"]

# In the North American plan the zone hangs on area code and exchange: one answer for ten thousand numbers.
_NORTH_AMERICAN = re.compile(r"(\+1[2-9]\d\d[2-9]\d\d)\d{4}", re.ASCII)


class ZoneAnswer(NamedTuple):
    """A canonical zone key, "America/Chicago|America/Denver" or "" when unknown, and where it comes from."""

    key: str
    provenance: Provenance


def zones_for(
    phone: str,
    explicit_timezone: str | None = None,
    default_timezone: str | None = None,
    *,
    hours: CallingHours | None = None,
    now: datetime,
) -> ZoneAnswer:
    """Return the zones of a contact: its own, else those of the number, else the default of the campaign.

    The default steps in where the number says nothing, or names zones that share too little of `hours` to call in.
    A contact's own zone that does not exist stays unknown: a guess in its place could ring at night.
    """
    if explicit_timezone:
        return ZoneAnswer(_key_of(explicit_timezone), "contact")
    by_number = _number_key(phone)
    if default_timezone and is_zone_unknown(hours or CallingHours(), by_number, now):
        return ZoneAnswer(_key_of(default_timezone), "campaign_default")
    return ZoneAnswer(by_number, "number")


def law_zones_for(
    phone: str,
    explicit_timezone: str | None = None,
    source: str | None = None,
    default_timezone: str | None = None,
    *,
    now: datetime,
) -> str:
    """Return the key of the zones in all of which the hours of the law must be open.

    They are the contact's own and those of the number: a record may be old, and the person anywhere behind the number.
    A zone from the person's address counts alone. The default of the campaign counts for a number that says nothing.
    """
    by_number = _number_key(phone)
    says_nothing = _says_nothing(by_number, now.year)
    if not explicit_timezone:
        return _key_of(default_timezone) if default_timezone and says_nothing else by_number
    own = _key_of(explicit_timezone)
    if says_nothing or not own or source == TimezoneSource.ADDRESS:
        return own
    return _both(own, by_number)


@lru_cache(maxsize=1_024)
def _key_of(zone: str) -> str:
    return zone_key([zone])


@lru_cache(maxsize=8_192)
def _both(one: str, other: str) -> str:
    return zone_key({*zones_of(one), *zones_of(other)})


@lru_cache(maxsize=8_192)
def _says_nothing(key: str, year: int) -> bool:
    """Return whether the zones of a number share less than two hours of a usual day: then they tell no place."""
    return is_zone_unknown(CallingHours(), key, datetime(year, 1, 1, tzinfo=UTC))


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
