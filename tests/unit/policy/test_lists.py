"""Entries as people write them, and the registries that cover a number."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from orchestrator.policy.lists.entry import prefix_lengths, read_entries, read_entry
from orchestrator.policy.lists.registries import Registry, registries_for
from orchestrator.policy.phone.parse_phone import PhoneProblem

NOON = datetime(2027, 1, 4, 17, tzinfo=UTC)
STORED = json.dumps(
    [
        ["florida", ["US-FL"], ["sales"], None, 86_400],
        ["national", ["US"], ["sales", "survey"], "2027-01-01T00:00:00+00:00", 31 * 86_400],
        ["own", [], [], "2027-01-01T00:00:00+00:00", 60],
    ]
)


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        ("+12125550123", "+12125550123"),
        ("(212) 555-0123", "+12125550123"),
        ("+1900*", "+1900*"),
        (" +1 (900)-* ", "+1900*"),
        ("+4*", "+4*"),
        ("+12345678901234*", "+12345678901234*"),
    ],
)
def test_an_entry_is_a_number_or_the_beginning_of_some(text: str, entry: str) -> None:
    assert read_entry(text, "US") == entry


@pytest.mark.parametrize("text", ["*", "+*", "1900*", "+0*", "+19 x0*", "+1900**", "+*1900", "+123456789012345*"])
def test_what_is_no_prefix_is_refused(text: str) -> None:
    problem = read_entry(text, "US")

    assert isinstance(problem, PhoneProblem) and problem.code in ("prefix", "not_a_number")


def test_a_cell_of_several_numbers_is_all_of_them_or_refused() -> None:
    assert read_entries("030 12345/12346", "DE", every_reading=True) == ("+493012345", "+493012346")
    assert isinstance(read_entries("030 12345/12346", "DE", every_reading=False), PhoneProblem)


def test_prefixes_say_how_long_they_are() -> None:
    assert prefix_lengths(["+1900*", "+44*", "+12125550123"]) == {5, 3}


@pytest.mark.parametrize(
    ("regions", "of_number", "covers"),
    [
        ([], ("US",), True),
        (["US"], ("US", "US-FL"), True),
        (["US-FL"], ("US", "US-FL"), True),
        (["US-FL"], ("US", "US-NY"), False),
        (["US-FL"], ("US",), True),
        (["US-FL"], ("CA",), False),
        (["US"], ("CA", "CA-ON"), False),
        (["GB"], ("GG", "GB"), True),
        (["US"], (), True),
    ],
)
def test_a_registry_covers_what_may_be_of_its_regions(
    regions: list[str], of_number: tuple[str, ...], covers: bool
) -> None:
    assert Registry("x", None, timedelta(1), frozenset(regions)).covers(of_number) is covers


@pytest.mark.parametrize(
    ("lists", "purpose", "regions", "names"),
    [
        (None, "sales", ("US", "US-FL"), ["florida", "national", "own"]),
        (None, "sales", ("US", "US-NY"), ["national", "own"]),
        (None, None, ("US", "US-NY"), ["own"]),
        (None, "sales", ("GB",), ["own"]),
        ({"registry": ["florida", "gone"]}, "debt", ("US", "US-FL"), ["florida", "gone"]),
        ({"registry": ["florida"]}, "debt", ("GB",), []),
        ({"registry": "off", "because": "x"}, "sales", ("US",), []),
    ],
)
def test_a_campaign_asks_the_registries_of_its_purpose_or_those_it_names(
    lists: Any, purpose: str | None, regions: tuple[str, ...], names: list[str]
) -> None:
    asked = registries_for(STORED, lists and json.dumps(lists), purpose, regions)

    assert [registry.name for registry in asked] == names


def test_a_registry_that_is_named_and_not_there_is_too_old() -> None:
    [gone] = registries_for(None, '{"registry": ["gone"]}', None, ("US",))

    assert gone.is_stale(NOON)


def test_a_registry_is_too_old_from_the_moment_of_its_age_on() -> None:
    registry = Registry("x", NOON - timedelta(days=31), timedelta(days=31))

    assert registry.is_stale(NOON) and not registry.is_stale(NOON - timedelta(microseconds=1))
