"""Time zone data: that of the locked package `tzdata` alone.

The zone files of the system and PYTHONTZPATH are ignored: outdated ones would dial people an hour late.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo
from functools import cache, lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo  # noqa: TID251 the one place that reads rules

import tzdata

_PACKAGE = files("tzdata")
_VERSION: str = tzdata.IANA_VERSION
_OLD = timedelta(days=120)

# Dates of the tzdata releases; the locked version must be listed here.
MADE_ON = {"2026f": date(2026, 10, 28)}


@cache
def zone_names() -> frozenset[str]:
    """Return every name that has rules, as IANA spells it."""
    return frozenset((_PACKAGE / "zones").read_text("ascii").split())


@lru_cache(maxsize=1024)
def clock_of(name: str) -> tzinfo:
    """Return the rules behind one of `zone_names`."""
    with _PACKAGE.joinpath("zoneinfo", *name.split("/")).open("rb") as rules:
        return ZoneInfo.from_file(rules, key=name)


def local_time(moment: datetime, clock: tzinfo) -> datetime:
    """Return a moment by a clock; as it is where that clock has no year for it, such as the last day of 9999."""
    try:
        return moment.astimezone(clock)
    except OverflowError:
        return moment


def rules_version() -> str:
    """Return the IANA release in force, such as 2026f."""
    return _VERSION


def age_of_rules(now: datetime, version: str = _VERSION) -> timedelta:
    """Return how old a release is; one we do not know counts from the end of its year, so that no warning is wrong."""
    made_on = MADE_ON.get(version) or date(int(version[:4]), 12, 31)
    return now.date() - made_on


def old_rules(now: datetime, version: str = _VERSION) -> str:
    """Return what to do about rules over 120 days old, in which a country's newest law may be missing; else ""."""
    age = age_of_rules(now, version)
    if age <= _OLD:
        return ""
    return (
        f"the clock rules (tzdata {version}) are {age.days} days old: install a newer version of this program, "
        "or of the package tzdata"
    )
