"""The version of what zones are derived from: newer releases are greater, and another table is another version."""

from __future__ import annotations

import re
from hashlib import sha256
from pathlib import Path

import phonenumbers
import pytest

from orchestrator.policy.zones import zones_version as module
from orchestrator.policy.zones.clock_rules import rules_version
from orchestrator.policy.zones.zones_version import zones_version

TABLES = [Path(module.__file__).with_name(name) for name in ("number_zones.tsv", "region_zones.tsv")]


def test_a_version_names_the_clock_rules_phonenumbers_and_the_tables() -> None:
    rules, numbers, digest = zones_version().name.split("/")

    assert rules == rules_version()
    assert [int(part) for part in numbers.split(".")] == [int(part) for part in phonenumbers.__version__.split(".")]
    assert digest == sha256(b"".join(table.read_bytes() for table in TABLES)).hexdigest()[:8]


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("2026f/009.000.043/ffffffff", "2026f/009.000.100/00000000"),
        ("2026f/009.000.043/ffffffff", "2026f/010.000.000/00000000"),
        ("2026f/009.000.043/ffffffff", "2026g/009.000.001/00000000"),
        ("2026f/009.000.043/ffffffff", "2027a/009.000.043/00000000"),
    ],
)
def test_newer_releases_are_greater_whatever_the_table(older: str, newer: str) -> None:
    assert all(re.fullmatch(r"\d{4}[a-z]/\d{3}\.\d{3}\.\d{3}/[0-9a-f]{8}", name) for name in (older, newer))
    assert older.encode() < newer.encode()


def test_every_table_of_the_same_releases_is_below_and_no_newer_release_is() -> None:
    version = zones_version()
    releases = version.name.rpartition("/")[0]

    assert f"{releases}/ffffffff".encode() < version.below.encode()
    assert f"{releases[:-1]}{int(releases[-1]) + 1}/00000000".encode() > version.below.encode()
