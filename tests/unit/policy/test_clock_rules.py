"""Clocks go by the rules of the locked package, not by those that the machine happens to have."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path

import pytest

from orchestrator.policy.zones.clock_rules import age_of_rules, clock_of, old_rules, rules_version, zone_names
from orchestrator.policy.zones.contact_zones import zones_for
from orchestrator.policy.zones.zone_names import known_zone, zone_info

ROOT = Path(__file__).parents[3]
NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)

# Places whose law changed in 2026 or shortly before, and what their clocks say at the end of that year.
HOURS_AHEAD = {
    "America/Vancouver": -7,
    "America/Edmonton": -6,
    "America/Winnipeg": -5,
    "America/Yellowknife": -6,
    "America/Regina": -6,
    "America/New_York": -5,
    "America/Denver": -7,
    "Asia/Almaty": 5,
    "Asia/Kolkata": 5.5,
}

ASK = """
import sys
from datetime import UTC, datetime
from zoneinfo import ZoneInfo
from orchestrator.policy.zones.zone_names import known_zone, zone_info
at = datetime(2026, 12, 1, 12, tzinfo=UTC)
for name in sys.argv[1:]:
    print(name, at.astimezone(zone_info(name)).utcoffset().total_seconds() / 3600 if known_zone(name) else None)
print(at.astimezone(ZoneInfo("America/Vancouver")).utcoffset().total_seconds() / 3600)
"""


@pytest.mark.parametrize(("zone", "hours"), HOURS_AHEAD.items())
def test_a_place_whose_law_changed_has_its_new_clock(zone: str, hours: float) -> None:
    clock = zone_info(zone)

    assert clock and NOON.astimezone(clock).utcoffset() == timedelta(hours=hours)


@pytest.mark.parametrize(("phone", "hours"), [("+16042345678", -7), ("+14032345678", -6), ("+12042345678", -5)])
def test_a_number_of_such_a_place_is_judged_by_its_new_clock(phone: str, hours: float) -> None:
    zones = zones_for(phone, now=NOON).key.split("|")

    assert {NOON.astimezone(zone_info(zone)).utcoffset() for zone in zones} == {timedelta(hours=hours)}


@pytest.fixture
def old_zone_files(tmp_path: Path) -> Path:
    """Lay out a machine's zone files, years behind, with a zone of their own."""
    rules, folder = files("tzdata") / "zoneinfo" / "America", tmp_path / "America"
    folder.mkdir()
    for place, like in {
        "Vancouver": "Los_Angeles",
        "Edmonton": "Denver",
        "Winnipeg": "Chicago",
        "Atlantis": "Noronha",
    }.items():
        (folder / place).write_bytes((rules / like).read_bytes())
    return tmp_path


def test_zone_files_of_the_machine_and_pythontzpath_do_not_count(old_zone_files: Path) -> None:
    asked = ["America/Vancouver", "America/Edmonton", "America/Winnipeg", "America/Atlantis"]
    said = subprocess.run(
        [sys.executable, "-c", ASK, *asked],
        env={**os.environ, "PYTHONTZPATH": str(old_zone_files)},
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split("\n")

    assert said[:4] == [
        "America/Vancouver -7.0",
        "America/Edmonton -6.0",
        "America/Winnipeg -5.0",
        "America/Atlantis None",
    ]
    assert said[4] == "-8.0", "the folder is one that Python itself would read"


def test_every_name_of_the_package_has_rules_and_no_other_name_has() -> None:
    assert all(NOON.astimezone(clock_of(name)).utcoffset() is not None for name in zone_names())
    assert len(zone_names()) > 590
    assert known_zone("America/Atlantis") is None


def test_the_version_that_is_locked_has_its_day_and_is_told_by_its_name() -> None:
    locked = re.search(r"^tzdata==(\S+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    year, _, number = (locked[1] if locked else "").partition(".")

    assert rules_version() == f"{year}{chr(ord('a') + int(number) - 1)}"
    assert age_of_rules(datetime(2026, 11, 27, tzinfo=UTC)) == timedelta(days=30)


@pytest.mark.parametrize(
    ("version", "today", "days"),
    [
        ("2026f", datetime(2027, 2, 25, tzinfo=UTC), None),
        ("2026f", datetime(2027, 2, 26, tzinfo=UTC), 121),
        ("2025b", datetime(2026, 11, 30, tzinfo=UTC), 334),  # not known: at least as old as its year
        ("2027a", datetime(2028, 4, 29, tzinfo=UTC), None),
        ("2027a", datetime(2028, 4, 30, tzinfo=UTC), 121),
        ("2026f", datetime(2026, 1, 1, tzinfo=UTC), None),  # a machine whose clock is behind
    ],
)
def test_rules_over_120_days_old_are_told_with_what_mends_it(version: str, today: datetime, days: int | None) -> None:
    said = old_rules(today, version)

    assert said == "" if days is None else f"tzdata {version}) are {days} days old: install a newer" in said


def test_no_statement_asks_postgresql_for_a_named_zone() -> None:
    """Its zone files are the server's own, which nobody locks; UTC needs none."""
    asks = re.compile(r"AT\s+TIME\s+ZONE(?!\s+'UTC')|\btimezone\s*\(", re.IGNORECASE)
    sources = [path for part in ("api", "orchestrator", "workers") for path in (ROOT / part).rglob("*.py")]

    assert len(sources) > 200
    assert [str(path) for path in sources if asks.search(path.read_text())] == []
