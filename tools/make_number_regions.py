"""Writes number_regions.tsv of `orchestrator.policy.law`: the state, province or country of each area code of +1.

The state is the one that phonenumbers names for the whole code, else all that it names for exchanges of the code; what
it does not know comes from a table of overlays. Codes that are no place's, such as toll-free ones, are left out.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import phonenumbers
from phonenumbers.geodata import GEOCODE_DATA
from phonenumbers.phonenumberutil import COUNTRY_CODE_TO_REGION_CODE

FACTS = Path(__file__).parent / "number_regions.toml"
WRITTEN_TO = Path(__file__).parents[1] / "orchestrator" / "policy" / "law" / "number_regions.tsv"
_HEAD = "prefix\tregions\tsource\tas_of\n"
_AS_OF = date(2026, 11, 29)
_TOWN_AND_STATE = re.compile(r".*, ([A-Z]{2})")

_STATES = {
    "Alabama": "AL", "Alaska": "AK", "Arizona": "AZ", "Arkansas": "AR", "California": "CA", "Colorado": "CO",
    "Connecticut": "CT", "Delaware": "DE", "Florida": "FL", "Georgia": "GA", "Hawaii": "HI", "Idaho": "ID",
    "Illinois": "IL", "Indiana": "IN", "Iowa": "IA", "Kansas": "KS", "Kentucky": "KY", "Louisiana": "LA",
    "Maine": "ME", "Maryland": "MD", "Massachusetts": "MA", "Michigan": "MI", "Minnesota": "MN", "Mississippi": "MS",
    "Missouri": "MO", "Montana": "MT", "Nebraska": "NE", "Nevada": "NV", "New Hampshire": "NH", "New Jersey": "NJ",
    "New Mexico": "NM", "New York": "NY", "North Carolina": "NC", "North Dakota": "ND", "Ohio": "OH",
    "Oklahoma": "OK", "Oregon": "OR", "Pennsylvania": "PA", "Rhode Island": "RI", "South Carolina": "SC",
    "South Dakota": "SD", "Tennessee": "TN", "Texas": "TX", "Utah": "UT", "Vermont": "VT", "Virginia": "VA",
    "Washington State": "WA", "Washington D.C.": "DC", "West Virginia": "WV", "Wisconsin": "WI", "Wyoming": "WY",
}  # fmt: skip
_PROVINCES = {
    "Alberta": ("AB",), "British Columbia": ("BC",), "British Colombia": ("BC",), "Manitoba": ("MB",),
    "New Brunswick": ("NB",), "Newfoundland and Labrador": ("NL",), "Nova Scotia/Prince Edward Island": ("NS", "PE"),
    "Northwest Territories/Nunavut/Yukon": ("NT", "NU", "YT"), "Ontario": ("ON",), "Quebec": ("QC",),
    "Saskatchewan": ("SK",),
}  # fmt: skip
_SHORT_PROVINCES = frozenset(short for shorts in _PROVINCES.values() for short in shorts)
_SHORT_STATES = frozenset(_STATES.values())


class Row(NamedTuple):
    """A prefix without +, the regions in which a number behind it may lie, who says so, and when."""

    prefix: str
    regions: tuple[str, ...]
    source: str
    as_of: date

    def written(self) -> str:
        """Return the row as a line."""
        return f"{self.prefix}\t{'|'.join(self.regions)}\t{self.source}\t{self.as_of}\n"


def make_table() -> str:
    """Return the file: one row an area code, sorted."""
    facts = tomllib.loads(FACTS.read_text())
    rows = {row.prefix: row for row in (*_states(), *_countries())}
    rows |= {row.prefix: row for row in _facts(facts, rows) if row.prefix not in rows}
    return _HEAD + "".join(rows[prefix].written() for prefix in sorted(rows))


def _states() -> Iterator[Row]:
    source = f"phonenumbers {phonenumbers.__version__}: geocoding"
    for code in sorted({key[:4] for key in GEOCODE_DATA if key.startswith("1") and len(key) >= len("1212")}):
        if found := _state_of(code):
            yield Row(code, found, source, _AS_OF)


def _state_of(code: str) -> tuple[str, ...]:
    whole = _named(GEOCODE_DATA.get(code, {}).get("en", ""))
    if whole:
        return whole
    towns = (names.get("en", "") for key, names in GEOCODE_DATA.items() if key.startswith(code))
    return tuple(sorted({region for town in towns for region in _named(town)}))


def _named(place: str) -> tuple[str, ...]:
    if place in _STATES:
        return (f"US-{_STATES[place]}",)
    if place in _PROVINCES:
        return tuple(f"CA-{short}" for short in _PROVINCES[place])
    short = found[1] if (found := _TOWN_AND_STATE.fullmatch(place)) else ""
    if short in _SHORT_STATES:
        return (f"US-{short}",)
    return (f"CA-{short}",) if short in _SHORT_PROVINCES else ()


def _countries() -> Iterator[Row]:
    """Yield the codes of the other countries of the plan, which phonenumbers tells by their leading digits."""
    source = f"phonenumbers {phonenumbers.__version__}: metadata"
    for country in COUNTRY_CODE_TO_REGION_CODE[1]:
        about = phonenumbers.PhoneMetadata.metadata_for_region(country)
        leading = about.leading_digits if about else None
        codes = (f"{code}" for code in range(200, 1000) if leading and re.fullmatch(leading, str(code)))
        yield from (Row(f"1{code}", (country,), source, _AS_OF) for code in codes)


def _facts(facts: dict[str, Any], known: dict[str, Row]) -> Iterator[Row]:
    for fact in facts["overlays"]:
        for code, over in fact["over"].items():
            yield Row(f"1{code}", known[f"1{over}"].regions, f"{fact['source']} ({over})", fact["as_of"])


if __name__ == "__main__":
    WRITTEN_TO.write_text(make_table())
