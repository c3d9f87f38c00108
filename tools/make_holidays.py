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

    public = _days_of(calendar, "public")
    others = [each for each in _days_of(calendar, "unofficial") if each[1] not in {name for _, name in public}]
    by_statute = list(_days_by_statute(calendar))
    said = {name for _, name, _ in by_statute}
    packaged = [(day, name, f"holidays {holidays.__version__}") for day, name in (*public, *others) if name not in said]
    days = packaged + by_statute
    for name in names:
        assert {day.year for day, told, _ in days if told == name}, f"{calendar} has no day named {name}"
    yield from ((calendar, str(day), name, source, str(_AS_OF)) for day, name, source in days if name in names)


def _days_by_statute(calendar: str) -> Iterator[tuple[date, str, str]]:
    for name, (day_of, source) in _BY_STATUTE.get(calendar, {}).items():
        yield from ((day_of(year), name, source) for year in YEARS)


def _days_of(calendar: str, category: str) -> list[tuple[date, str]]:
    import holidays

    country, _, state = calendar.partition("-")
    kinds = holidays.country_holidays(country).supported_categories
    if category not in kinds:
        return []
    known = holidays.country_holidays(country, subdiv=state or None, years=YEARS, observed=True, categories=category)
    return [(day, name.removesuffix(_OBSERVED)) for day in known for name in known.get_list(day)]


def _election_day(year: int) -> date:
    """Return the first Tuesday after the first Monday of November."""
    return next(day for day in (date(year, 11, n) for n in range(2, 9)) if day.isoweekday() == _TUESDAY)


_TUESDAY = 2
_PENNSYLVANIA = "44 P.S. 11"
# Days that a law names and the package does not have, or not in each year.
_BY_STATUTE = {
    "US-PA": {
        "Flag Day": (lambda year: date(year, 6, 14), _PENNSYLVANIA),
        "Election Day": (_election_day, _PENNSYLVANIA),
    }
}


if __name__ == "__main__":
    WRITTEN_TO.write_text(make_table(), "utf-8")
