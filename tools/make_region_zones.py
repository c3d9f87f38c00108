"""Writes region_zones.tsv of `orchestrator.policy.zones`: the zones of each region in which a person can be said to be.

Those of a state or province of North America are the zones of its area codes; those of a state of Australia are named
in the tz database, and any other region has the zones of its country there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from orchestrator.policy.region_codes import REGIONS
from orchestrator.policy.zones.clock_rules import MADE_ON, rules_version
from tools.make_number_regions import WRITTEN_TO as NUMBER_REGIONS
from tools.make_number_zones import WRITTEN_TO as NUMBER_ZONES

WRITTEN_TO = NUMBER_ZONES.with_name("region_zones.tsv")
_HEAD = "region\tzones\tsource\tas_of\n"
_AREA_CODE = len("1212")
_BY_AREA_CODE = "number_regions.tsv, number_zones.tsv: area codes"

# What zone.tab says of a zone of Australia, and the states that lie in it; the capital's has no line of its own.
_AUSTRALIA: Mapping[str, tuple[str, ...]] = {
    "Lord Howe Island": ("AU-NSW",),
    "Macquarie Island": ("AU-TAS",),
    "New South Wales (Yancowinna)": ("AU-NSW",),
    "New South Wales (most areas)": ("AU-NSW", "AU-ACT"),
    "Northern Territory": ("AU-NT",),
    "Queensland (Whitsunday Islands)": ("AU-QLD",),
    "Queensland (most areas)": ("AU-QLD",),
    "South Australia": ("AU-SA",),
    "Tasmania": ("AU-TAS",),
    "Victoria": ("AU-VIC",),
    "Western Australia (Eucla)": ("AU-WA",),
    "Western Australia (most areas)": ("AU-WA",),
}


class _Said(NamedTuple):
    """A zone of a region, who says so, and when that was looked up."""

    region: str
    zone: str
    source: str
    as_of: date


def make_table() -> str:
    """Return the file: one row a region, sorted."""
    said = [*_of_area_codes(), *_of_australia()]
    known = {each.region for each in said}
    said += _of_countries(REGIONS - known)
    return _HEAD + "".join(_row(region, [each for each in said if each.region == region]) for region in sorted(REGIONS))


def _row(region: str, said: Iterable[_Said]) -> str:
    zones = "|".join(sorted({each.zone for each in said}))
    [source] = {each.source for each in said}
    return f"{region}\t{zones}\t{source}\t{max(each.as_of for each in said)}\n"


def _of_area_codes() -> Iterator[_Said]:
    states = {code: regions.split("|") for code, regions, *_ in _rows(NUMBER_REGIONS)}
    for prefix, zones, _, as_of in _rows(NUMBER_ZONES):
        for region in REGIONS.intersection(states.get(prefix[:_AREA_CODE], ())):
            yield from (_Said(region, zone, _BY_AREA_CODE, date.fromisoformat(as_of)) for zone in zones.split("|"))


def _of_australia() -> Iterator[_Said]:
    for country, _, zone, *place in _lines_of_tz("zone.tab"):
        for region in _AUSTRALIA[place[0]] if country == "AU" else ():
            yield _Said(region, zone, f"tzdata {rules_version()}: zone.tab", MADE_ON[rules_version()])


def _of_countries(regions: Iterable[str]) -> Iterator[_Said]:
    """Yield the zones of the countries that regions are part of, or are themselves: US-PR is the country PR too."""
    zones = [(zone, set(countries.split(","))) for countries, _, zone, *_ in _lines_of_tz("zone1970.tab")]
    countries = {country for _, some in zones for country in some}
    for region in regions:
        whole, _, part = region.partition("-")
        country = part if whole == "US" and part in countries else whole
        for zone in (zone for zone, some in zones if country in some):
            yield _Said(region, zone, f"tzdata {rules_version()}: zone1970.tab", MADE_ON[rules_version()])


def _rows(table: Path) -> Iterator[list[str]]:
    return (line.split("\t") for line in table.read_text("ascii").splitlines()[1:])


def _lines_of_tz(name: str) -> Iterator[list[str]]:
    text = files("tzdata").joinpath("zoneinfo", name).read_text("utf-8")
    return (line.split("\t") for line in text.splitlines() if not line.startswith("#"))


if __name__ == "__main__":
    WRITTEN_TO.write_text(make_table())
