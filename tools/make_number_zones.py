"""Writes number_zones.tsv of `orchestrator.policy.zones`: the zones behind prefixes, from phonenumbers and a table.

What phonenumbers lists for a whole exchange is kept; for the rest of an area code on two clocks it only guesses, so
that an exchange which is not listed has all zones of the code and of those laid over it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import phonenumbers
from phonenumbers.tzdata import TIMEZONE_DATA

FACTS = Path(__file__).parent / "number_zones.toml"
WRITTEN_TO = Path(__file__).parents[1] / "orchestrator" / "policy" / "zones" / "number_zones.tsv"
_HEAD = "prefix\tzones\tsource\tas_of\n"
_AREA_CODE, _EXCHANGE = len("1212"), len("1212555")
_MOST_ZONES = 10  # of one area code: more are those of all North America, for codes that are no place's


class Row(NamedTuple):
    """A prefix without +, the zones that a number behind it may lie in, who says so, and when that was looked up."""

    prefix: str
    zones: frozenset[str]
    source: str
    as_of: date

    def written(self) -> str:
        """Return the row as a line."""
        return f"{self.prefix}\t{'|'.join(sorted(self.zones))}\t{self.source}\t{self.as_of}\n"


def make_table() -> str:
    """Return the file: one row a prefix, sorted; a fact beats what phonenumbers says."""
    facts = tomllib.loads(FACTS.read_text())
    rows: dict[str, Row] = {}
    for row in (*_known_codes(facts), *_split_codes(facts), *_towns(facts), *_prefixes(facts)):
        rows[row.prefix] = row
    return _HEAD + "".join(rows[prefix].written() for prefix in sorted(rows))


def _known_codes(facts: dict[str, Any]) -> Iterator[Row]:
    """Yield every area code that is a place's: phonenumbers itself gives its mobiles to all of North America."""
    for code in sorted({key[:_AREA_CODE] for key in _american()}):
        if zones := _zones_of(code):
            yield Row(code, zones, f"phonenumbers {phonenumbers.__version__}", _looked_up(facts))


def _split_codes(facts: dict[str, Any]) -> Iterator[Row]:
    for fact in facts["area_codes"]:
        codes = [f"1{code}" for code in fact["codes"]]
        zones = frozenset(fact["zones"]).union(*map(_zones_of, codes)) - set(fact.get("wrong", ()))
        for code in codes:
            yield Row(code, zones, fact["source"], fact["as_of"])
            yield from _listed_exchanges(code, zones, facts)


def _listed_exchanges(code: str, zones: frozenset[str], facts: dict[str, Any]) -> Iterator[Row]:
    neighbours = next((fact["zones"] for fact in facts["neighbours"] if fact["code"] == code), {})
    for key in sorted(_american()):
        if key.startswith(code) and len(key) == _EXCHANGE:
            said = frozenset(TIMEZONE_DATA[key])
            beside = frozenset[str]().union(*(neighbours.get(zone, ()) for zone in said))
            if said | beside != zones:
                yield Row(key, said | beside, f"phonenumbers {phonenumbers.__version__}", _looked_up(facts))


def _towns(facts: dict[str, Any]) -> Iterator[Row]:
    from phonenumbers.geodata import GEOCODE_DATA  # half a second to import

    for fact in facts["towns"]:
        for prefix, names in GEOCODE_DATA.items():
            if prefix.startswith(fact["within"]) and names.get("en") in fact["names"]:
                yield Row(prefix, frozenset(fact["zones"]), fact["source"], fact["as_of"])


def _prefixes(facts: dict[str, Any]) -> Iterator[Row]:
    for fact in facts["prefixes"]:
        for prefix in fact["prefixes"]:
            yield Row(prefix, frozenset(fact["zones"]), fact["source"], fact["as_of"])


def _american() -> Iterator[str]:
    return (key for key in TIMEZONE_DATA if key.startswith("1") and len(key) >= _AREA_CODE)


def _zones_of(code: str) -> frozenset[str]:
    """Return all zones that phonenumbers names anywhere in an area code; none for a code that is no place's."""
    zones = frozenset(zone for key in _american() if key.startswith(code) for zone in TIMEZONE_DATA[key])
    return zones if len(zones) < _MOST_ZONES else frozenset()


def _looked_up(facts: dict[str, Any]) -> date:
    return max(fact["as_of"] for fact in (*facts["area_codes"], *facts["prefixes"]))


if __name__ == "__main__":
    WRITTEN_TO.write_text(make_table())
