"""Numbers as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.errors import InvalidInput
from orchestrator.policy.phone.parse_phone import PhoneProblem, is_region, parse_phone, read_phone


@pytest.mark.parametrize(
    ("text", "region", "e164"),
    [
        ("+12125550123", None, "+12125550123"),
        ("  +1 (212) 555-0123 ", None, "+12125550123"),
        ("(212) 555-0123", "US", "+12125550123"),
        ("2125550123", "us", "+12125550123"),
        ("1 212 555 0123", "US", "+12125550123"),
        ("020 7946 0123", "GB", "+442079460123"),
        ("+44 (0)20 7946 0123", None, "+442079460123"),
        ("011 44 20 7946 0123", "US", "+442079460123"),
        ("+39 06 123456", None, "+3906123456"),
        ("\uff0b\uff11\uff12\uff11\uff12\uff15\uff15\uff15\uff10\uff11\uff12\uff13", None, "+12125550123"),
    ],
)
def test_a_number_is_read_however_it_is_written(text: str, region: str | None, e164: str) -> None:
    assert parse_phone(text, region) == e164


@pytest.mark.parametrize("phone", ["+12125550100", "+12125550199", "+15555550123", "+18005550123"])
def test_the_fictitious_555_01xx_numbers_are_accepted(phone: str) -> None:
    assert parse_phone(phone) == phone


@pytest.mark.parametrize(
    ("text", "region", "code"),
    [
        ("", None, "not_a_number"),
        ("n/a", "US", "not_a_number"),
        ("+", None, "not_a_number"),
        ("+1 800 FLOWERS", None, "not_a_number"),
        ("1.21255E+10", None, "not_a_number"),
        ("2125550123.0", "US", "not_a_number"),
        ("+1" * 60, None, "not_a_number"),
        ("212 555 0123", None, "no_region"),
        ("0044 20 7946 0123", None, "no_region"),
        ("212 555 0123", "XX", "unknown_country"),
        ("+999 123 456 789", None, "unknown_country"),
        ("+1 212 555 012", None, "impossible"),
        ("+1 012 555 0123", None, "impossible"),
        ("+1 212 155 0123", None, "impossible"),
        ("555 0123", "US", "impossible"),
        ("911", "US", "impossible"),
        ("+1 212 555 0123 ext. 4", None, "extension"),
        ("sip:ann@example.com", None, "sip_uri"),
        ("ann@example.com", None, "sip_uri"),
    ],
)
def test_what_is_no_number_is_refused_with_a_code(text: str, region: str | None, code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_phone(text, region, pointer="/contacts/3/phone")

    assert [(error["pointer"], error["code"]) for error in refused.value.errors] == [("/contacts/3/phone", code)]


def test_a_number_cut_by_a_spreadsheet_is_not_read_as_a_longer_one() -> None:
    assert isinstance(read_phone("30123456.0", "DE"), PhoneProblem)


def test_regions_are_known_in_either_case() -> None:
    assert is_region("US")
    assert is_region("gb")
    assert not is_region("XX")


@given(st.text(max_size=80), st.sampled_from([None, "US", "DE"]))
def test_any_text_is_a_number_or_a_problem_and_a_number_is_read_as_itself(text: str, region: str | None) -> None:
    answer = read_phone(text, region)

    if isinstance(answer, str):
        assert read_phone(answer) == answer
