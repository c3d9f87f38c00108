"""Every region in which a person can be said to be has zones: all of those on whose clocks it lies."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from orchestrator.policy.calling_hours import is_zone_unknown
from orchestrator.policy.region_codes import REGIONS
from orchestrator.policy.weekly_hours import CallingHours
from orchestrator.policy.zones.number_zones import zones_by_prefix
from orchestrator.policy.zones.region_zones import table_text, zones_of_region
from tools.make_region_zones import WRITTEN_TO, make_table

EASTERN, CENTRAL, MOUNTAIN, PACIFIC = "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"


def test_the_table_is_what_its_tool_makes() -> None:
    assert WRITTEN_TO.read_text() == make_table() == table_text()


@pytest.mark.parametrize(
    ("region", "zones"),
    [
        ("US-HI", {"Pacific/Honolulu"}),
        ("US-NY", {EASTERN}),
        ("US-CA", {PACIFIC}),
        ("US-FL", {EASTERN, CENTRAL}),
        ("US-TX", {CENTRAL, MOUNTAIN}),
        ("US-AZ", {"America/Phoenix", MOUNTAIN}),  # the Navajo change their clocks
        ("US-OR", {PACIFIC, MOUNTAIN, "America/Boise"}),
        ("US-PR", {"America/Puerto_Rico"}),
        ("US-VI", {"America/Puerto_Rico"}),  # on whose time it is
        ("US-GU", {"Pacific/Guam"}),
        ("US-AS", {"Pacific/Pago_Pago"}),
        ("CA-MB", {"America/Winnipeg"}),
        ("CA-ON", {"America/Toronto", "America/Winnipeg"}),
        ("CA-QC", {"America/Toronto", "America/Halifax", "America/Blanc-Sablon"}),
        ("AU-QLD", {"Australia/Brisbane", "Australia/Lindeman"}),
        ("AU-ACT", {"Australia/Sydney"}),
        ("AU-WA", {"Australia/Perth", "Australia/Eucla"}),
        ("GB-SCT", {"Europe/London"}),
    ],
)
def test_a_region_has_all_zones_in_which_it_lies(region: str, zones: set[str]) -> None:
    assert set(zones_of_region(region).split("|")) == zones


@pytest.mark.parametrize("region", sorted(REGIONS))
def test_every_region_that_can_be_said_can_be_called_in(region: str) -> None:
    assert not is_zone_unknown(CallingHours(), zones_of_region(region), datetime(2026, 12, 1, tzinfo=UTC))


@pytest.mark.parametrize("region", [None, "", "US", "XX-YY"])
def test_no_region_has_no_zones(region: str | None) -> None:
    assert zones_of_region(region) == ""


@pytest.mark.parametrize(
    ("code", "region"), [("1850", "US-FL"), ("1915", "US-TX"), ("1906", "US-MI"), ("1808", "US-HI")]
)
def test_a_state_has_the_zones_of_its_area_codes(code: str, region: str) -> None:
    by_number = zones_by_prefix(f"+{code}2000000")

    assert by_number and set(by_number.split("|")) <= set(zones_of_region(region).split("|"))
