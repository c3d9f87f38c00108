"""Regions by ISO 3166-2: those that are known, and what to write instead of any other."""

from __future__ import annotations

import pytest

from orchestrator.policy.region_codes import RegionProblem, read_region

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("US-FL", "US-FL"),
        (" us-fl ", "US-FL"),
        ("US-DC", "US-DC"),
        ("US-PR", "US-PR"),
        ("CA-QC", "CA-QC"),
        ("AU-NSW", "AU-NSW"),
        ("GB-SCT", "GB-SCT"),
    ],
)
def test_a_region_is_read_in_any_case(text: str, code: str) -> None:
    assert read_region(text) == code


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("US", "US-FL"),
        ("CA", "US-FL"),
        ("DE", "US-FL"),  # Delaware or Germany
        ("US-XX", "US-FL"),
        ("US-", "US-FL"),
        ("US_FL", "US-FL"),
        ("FL", "US-FL"),
        ("Florida", "US-FL"),
        ("CA-FL", "CA-ON"),
        ("AU-FL", "AU-NSW"),
        ("gb-lon", "GB-ENG"),
        ("DE-BY", "US-FL"),
        ("", "US-FL"),
    ],
)
def test_anything_else_is_refused_with_what_to_write(text: str, hint: str) -> None:
    read = read_region(text)

    assert isinstance(read, RegionProblem) and read.detail.endswith(hint)


def test_every_state_province_and_territory_is_one() -> None:
    parts = [first + second for first in _LETTERS for second in _LETTERS]

    assert sum(isinstance(read_region(f"US-{part}"), str) for part in parts) == 50 + 7
    assert sum(isinstance(read_region(f"CA-{part}"), str) for part in parts) == 13
