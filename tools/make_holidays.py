"""Writes holidays.tsv of `orchestrator.policy.law`: the days that packs name, of some years.

It needs the package `holidays`, which nothing else here does: install it beside the development packages to run this.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from orchestrator.policy.law.kinds import Kind
from orchestrator.policy.law.packs import all_packs

WRITTEN_TO = Path(__file__).parents[1] / "orchestrator" / "policy" / "law" / "holidays.tsv"
YEARS = range(2026, 2032)
_HEAD = "calendar\tdate\tname\tsource\tas_of\n"
_AS_OF = date(2026, 11, 29)
_OBSERVED = " (observed)"


def make_table() -> str:
    """Return the file: the days of each calendar, sorted; a holiday is kept on its own day and where it is observed."""
    rows = sorted({row for calendar, names in _wanted() for row in _rows(calendar, names)})
    return _HEAD + "".join("\t".join(row) + "\n" for row in rows)


def _wanted() -> Iterator[tuple[str, tuple[str, ...]]]:
    for pack in all_packs().values():
        for rule in pack.rules:
            if rule.row.kind is Kind.HOLIDAYS:
                yield rule.row.value.calendar, rule.row.value.days


def _rows(calendar: str, names: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    import holidays

    country, _, state = calendar.partition("-")
    known = holidays.country_holidays(country, subdiv=state or None, years=YEARS, observed=True)
    days = [(day, name.removesuffix(_OBSERVED)) for day in known for name in known.get_list(day)]
    for name in names:
        assert {day.year for day, told in days if told == name}, f"{calendar} has no day named {name}"
    source = f"holidays {holidays.__version__}"
    yield from ((calendar, str(day), name, source, str(_AS_OF)) for day, name in days if name in names)


if __name__ == "__main__":
    WRITTEN_TO.write_text(make_table(), "utf-8")
