"""Numbers that a list is filtered by, and countries that a connection dials."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from orchestrator.errors import InvalidInput
from orchestrator.policy.phone.dial_regions import DialRegions
from orchestrator.policy.phone.phone_filter import common_country, read_number_parameter

_REGIONS = TypeAdapter[list[str]](DialRegions)


@pytest.mark.parametrize("text", ["+1 212 555 0123", "(212) 555-0123", "212.555.0123", " 12125550123"])
def test_a_number_is_found_however_it_is_written(text: str) -> None:
    assert read_number_parameter(text, "US", name="phone") == "+12125550123"


@pytest.mark.parametrize(
    ("text", "region", "why"),
    [("2125550123", None, "has no country code: add `region`"), ("12", "US", ""), ("nobody", "US", "")],
)
def test_a_number_that_is_none_is_refused_by_its_parameter(text: str, region: str | None, why: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_number_parameter(text, region, name="phone")

    [error] = refused.value.errors
    assert error["pointer"] == "?phone"
    assert why in error["detail"]


def test_a_plus_that_was_lost_may_mean_another_number_and_is_asked_for() -> None:
    with pytest.raises(InvalidInput, match="%2B"):
        read_number_parameter(" 12125550123", "DE", name="phone")


def test_a_country_is_common_where_there_is_but_one() -> None:
    assert common_country(["+12125550123", "+13125550100"]) == "US"
    assert common_country(["+12125550123", "+442079460958"]) is None
    assert common_country([]) is None


def test_countries_are_dialed_each_once_in_order() -> None:
    assert _REGIONS.validate_python(["us", " CA ", "US", "001"]) == ["001", "CA", "US"]


@pytest.mark.parametrize("regions", [[], ["USA"], ["XX"], [7], "US"])
def test_what_is_no_country_is_refused(regions: object) -> None:
    with pytest.raises(ValidationError):
        _REGIONS.validate_python(regions)
