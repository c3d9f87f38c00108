"""The holidays of a calendar, by their names: a table for some years, made when this program is built."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import cache
from importlib.resources import files

_TABLE = "holidays.tsv"  # written by tools/make_holidays.py


def dates_of(calendar: str, names: tuple[str, ...]) -> Iterator[tuple[date, str]]:
    """Yield the days of a calendar, such as US-LA, that have one of these names, each with its name."""
    yield from ((day, name) for day, name in _table().get(calendar, ()) if name in names)


def known_names(calendar: str) -> frozenset[str]:
    """Return the names of days that the table has for a calendar; none for one that is not in it."""
    return frozenset(name for _, name in _table().get(calendar, ()))


def last_year() -> int:
    """Return the last year that the table knows."""
    return max(day.year for days in _table().values() for day, _ in days)


@cache
def _table() -> dict[str, list[tuple[date, str]]]:
    _, *lines = files("orchestrator.policy.law").joinpath(_TABLE).read_text("utf-8").splitlines()
    table: dict[str, list[tuple[date, str]]] = {}
    for line in lines:
        calendar, day, name, *_ = line.split("\t")
        table.setdefault(calendar, []).append((date.fromisoformat(day), name))
    return table
