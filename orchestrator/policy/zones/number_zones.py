"""The zones behind prefixes, where phonenumbers does not know or only guesses: a table, of which the longest counts."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from orchestrator.policy.zones.zone_names import zone_key

_TABLE = "number_zones.tsv"  # written by tools/make_number_zones.py


def zones_by_prefix(phone: str) -> str | None:
    """Return the key of the zones that a number (E.164) may lie in, or None where the table says nothing."""
    table = _table()
    digits = phone[1 : 1 + _longest()]
    return next((table[digits[:n]] for n in range(len(digits), 0, -1) if digits[:n] in table), None)


def table_text() -> str:
    """Return the table as it stands in its file."""
    return files("orchestrator.policy.zones").joinpath(_TABLE).read_text("ascii")


@cache
def _table() -> dict[str, str]:
    _, *lines = table_text().splitlines()
    rows = (line.split("\t") for line in lines)
    return {prefix: zone_key(zones.split("|")) for prefix, zones, _, _ in rows}


@cache
def _longest() -> int:
    return max(map(len, _table()))
