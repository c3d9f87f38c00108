"""The people of the demo: two hundred who may be called, some who may not, and five who are asked for their opinion."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import cycle, islice, product
from typing import Any

from orchestrator.policy.zones.zone_names import zone_info

CONTACTS = 200

_NAMES = (
    "Ada",
    "Ben",
    "Chloe",
    "Dev",
    "Elena",
    "Femi",
    "Grace",
    "Hugo",
    "Ines",
    "Jonas",
    "Kim",
    "Lena",
    "Mira",
    "Noah",
)
_TIMES = ("Monday at 9", "Tuesday at half past ten", "Wednesday at noon", "Thursday at 2", "Friday at 4")
_ZONES = (
    "Pacific/Auckland",
    "Asia/Tokyo",
    "Asia/Kolkata",
    "Asia/Dubai",
    "Europe/Berlin",
    "Atlantic/Azores",
    "America/Sao_Paulo",
    "America/New_York",
    "America/Los_Angeles",
    "Pacific/Honolulu",
)
NOON, _NIGHT = 13, 2  # o'clock
_OF_THE_NIGHT, _OF_THE_LIST = range(1, 7), range(11, 15)
_OF_THE_VISIT = range(80, 85)  # they answer, and listen to the end


def zone_where_it_is(hour: int, now: datetime) -> str:
    """Return the zone of a place where it is nearest to that hour, within about an hour and a half."""
    return min(_ZONES, key=lambda zone: _hours_apart(now.astimezone(zone_info(zone)), hour))


def people_to_call(now: datetime) -> list[dict[str, Any]]:
    """Return contacts with numbers reserved for fiction, so that no real person is called; it is day where they live.

    Two of them are reached by none of their first three calls: the simulated carrier draws them so.
    """
    numbers = (f"+1{area}55501{line:02d}" for area, line in product((202, 415), range(100)))
    return list(islice(_at(zone_where_it_is(NOON, now), numbers), CONTACTS))


def people_in_the_night(now: datetime) -> list[dict[str, Any]]:
    """Return contacts who live where it is two at night, or so."""
    return list(
        _at(zone_where_it_is(_NIGHT, now), (f"+1312555010{line}" for line in _OF_THE_NIGHT), first=CONTACTS + 1)
    )


def people_on_the_list(now: datetime) -> list[dict[str, Any]]:
    """Return contacts who have asked not to be called."""
    first = CONTACTS + 1 + len(_OF_THE_NIGHT)
    return list(_at(zone_where_it_is(NOON, now), (f"+131255501{line}" for line in _OF_THE_LIST), first=first))


def people_to_ask(now: datetime) -> list[dict[str, Any]]:
    """Return contacts who have been at the clinic, and are asked how it was."""
    first = CONTACTS + 1 + len(_OF_THE_NIGHT) + len(_OF_THE_LIST)
    people = _at(zone_where_it_is(NOON, now), (f"+131255501{line}" for line in _OF_THE_VISIT), first=first)
    return [{**each, "variables": {"first_name": each["variables"]["first_name"]}} for each in people]


def _at(zone: str, numbers: Iterator[str], *, first: int = 1) -> Iterator[dict[str, Any]]:
    """Yield a contact for each number; the zone is that of an address, which binds more than the number's."""
    people = zip(cycle(_NAMES), cycle(_TIMES), strict=False)
    for number, (phone, (name, time)) in enumerate(zip(numbers, people, strict=False), start=first):
        yield {
            "phone": phone,
            "external_id": f"patient-{number}",
            "timezone": zone,
            "timezone_source": "address",
            "variables": {"first_name": name, "appointment": time},
        }


def _hours_apart(local: datetime, hour: int) -> float:
    apart = abs(local.hour + local.minute / 60 - hour)
    return min(apart, 24 - apart)
