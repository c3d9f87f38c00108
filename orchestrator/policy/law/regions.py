"""The places whose law binds calls to a number: its country, and in North America its state or province."""

from __future__ import annotations

from functools import cache, lru_cache
from importlib.resources import files

from orchestrator.policy.phone.number_region import NO_COUNTRY, number_regions

_TABLE = "number_regions.tsv"  # written by tools/make_number_regions.py
_AREA_CODE = len("+1212")


def regions_of(phone: str, region: str | None = None) -> tuple[str, ...]:
    """Return ISO 3166 codes such as ("US", "US-FL"): the countries, then the states, in which the person may be.

    `region` is where the contact is said to be (US-FL, or US): it counts instead of the state of the area code, and
    the country of the number counts beside it. A number without a place, such as a toll-free one, has the country
    alone; one that is no country's has none.
    """
    by_number = _of_area_code(phone[:_AREA_CODE]) if phone.startswith("+1") else _country_of(phone)
    return _said(region, by_number) if region else by_number


@lru_cache(maxsize=4096)
def _said(region: str, by_number: tuple[str, ...]) -> tuple[str, ...]:
    return _with_countries((region, *(place for place in by_number if "-" not in place)))


@lru_cache(maxsize=1024)
def _of_area_code(prefix: str) -> tuple[str, ...]:
    return _with_countries(_table().get(prefix[1:], ("US",)))


def _country_of(phone: str) -> tuple[str, ...]:
    return tuple(sorted(number_regions(phone) - {NO_COUNTRY}))


def _with_countries(places: tuple[str, ...]) -> tuple[str, ...]:
    countries = {place.partition("-")[0] for place in places}
    return (*sorted(countries), *sorted(set(places) - countries))


@cache
def _table() -> dict[str, tuple[str, ...]]:
    _, *lines = files("orchestrator.policy.law").joinpath(_TABLE).read_text("ascii").splitlines()
    rows = (line.split("\t") for line in lines)
    return {prefix: tuple(places.split("|")) for prefix, places, *_ in rows}
