"""The zones of the region in which a person is said to be: all of them, for nobody says in which part of it."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from orchestrator.policy.zones.zone_names import zone_key

_TABLE = "region_zones.tsv"  # written by tools/make_region_zones.py


def zones_of_region(region: str | None) -> str:
    """Return the key of the zones of a region such as US-TX; "" for none."""
    return _keys().get(region or "", "")


def table_text() -> str:
    """Return the table as it stands in its file."""
    return files("orchestrator.policy.zones").joinpath(_TABLE).read_text("ascii")


@cache
def _keys() -> dict[str, str]:
    _, *lines = table_text().splitlines()
    rows = (line.split("\t") for line in lines)
    return {region: zone_key(zones.split("|")) for region, zones, *_ in rows}
