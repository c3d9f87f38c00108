"""What holds of every number: its digits come out as they went in, however it is written, and two are never one."""

from __future__ import annotations

import re

import phonenumbers
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from phonenumbers import PhoneMetadata, PhoneNumber, PhoneNumberFormat, PhoneNumberType

from orchestrator.policy.phone import several_numbers
from orchestrator.policy.phone.parse_phone import PhoneProblem, read_phone

_REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
_TYPES = (PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE)
_EXAMPLES = [
    (region, number)
    for region in _REGIONS
    for kind in _TYPES
    if (number := phonenumbers.example_number_for_type(region, kind)) is not None
]
_FORMATS = (
    PhoneNumberFormat.E164,
    PhoneNumberFormat.INTERNATIONAL,
    PhoneNumberFormat.NATIONAL,
    PhoneNumberFormat.RFC3966,
)
_TWO_DIGITS = st.text("0123456789", min_size=2, max_size=2)
_UNSEEN = st.sampled_from(["\u200b", "\u200e", "\u202a", "\u202c", "\u2066", "\u2069", "\u00ad", "\ufeff", "\u2060"])
_SEPARATORS = [" ", "  ", "\t", "\n", "-", " - ", "/", " / ", ";", ", ", ",", "|", " or ", " o. ", " & ", ":::", " ("]


def _e164(number: PhoneNumber) -> str:
    return str(phonenumbers.format_number(number, PhoneNumberFormat.E164))


@st.composite
def _numbers(draw: st.DrawFn) -> tuple[str, PhoneNumber]:
    """Draw a valid number of any region: an example with other last digits."""
    region, like = draw(st.sampled_from(_EXAMPLES))
    digits = phonenumbers.national_significant_number(like)
    end = draw(_TWO_DIGITS)
    number = phonenumbers.parse(f"+{like.country_code}{digits[:-2]}{end}")
    assume(phonenumbers.is_valid_number_for_region(number, region))
    return region, number


@given(_numbers(), st.sampled_from(_FORMATS), st.lists(st.tuples(st.integers(0, 40), _UNSEEN), max_size=5))
def test_a_valid_number_of_any_region_is_read_from_every_format_with_what_cannot_be_seen_in_it(
    drawn: tuple[str, PhoneNumber], form: int, unseen: list[tuple[int, str]]
) -> None:
    region, number = drawn
    text = phonenumbers.format_number(number, form)
    for place, mark in unseen:
        text = text[:place] + mark + text[place:]

    answer = read_phone(text, region)

    assert answer == _e164(number)


@pytest.mark.parametrize("form", _FORMATS)
def test_the_example_numbers_of_every_region_are_read_from_every_format(form: int) -> None:
    texts = [(phonenumbers.format_number(number, form), region, _e164(number)) for region, number in _EXAMPLES]

    assert [text for text in texts if read_phone(text[0], text[1]) != text[2]] == []


@given(
    _numbers(), st.sampled_from(_SEPARATORS), st.sampled_from(_FORMATS), st.text("0123456789", min_size=2, max_size=2)
)
def test_two_numbers_of_one_region_never_become_a_third(
    drawn: tuple[str, PhoneNumber], separator: str, form: int, end: str
) -> None:
    region, number = drawn
    digits = phonenumbers.national_significant_number(number)
    other = phonenumbers.parse(f"+{number.country_code}{digits[:-2]}{end}")
    assume(phonenumbers.is_valid_number_for_region(other, region))
    text = separator.join(phonenumbers.format_number(each, form) for each in (number, other))

    answer = read_phone(text, region)

    assert isinstance(answer, PhoneProblem), f"{text!r} became {answer}"


@given(_numbers(), _numbers(), st.sampled_from(_SEPARATORS), st.sampled_from(_FORMATS), st.sampled_from(_FORMATS))
def test_two_numbers_of_any_regions_never_become_a_third(
    drawn: tuple[str, PhoneNumber], other: tuple[str, PhoneNumber], separator: str, form: int, other_form: int
) -> None:
    texts = [phonenumbers.format_number(drawn[1], form), phonenumbers.format_number(other[1], other_form)]
    assume(other[0] == drawn[0] or other_form != PhoneNumberFormat.NATIONAL)

    answer = read_phone(separator.join(texts), drawn[0])

    assert isinstance(answer, PhoneProblem), f"{separator.join(texts)!r} became {answer}"


@given(st.text("0123456789+ -./()[]", max_size=24), st.sampled_from(_REGIONS))
@example("+52 1 55 6200 0000", "MX")
@example("011 15 2345 6789", "AR")
def test_no_digit_is_lost_but_those_of_known_prefixes(text: str, region: str) -> None:
    answer = read_phone(text, region)

    if isinstance(answer, str) and not answer.startswith("+549"):  # a 15 behind an Argentine area is a 9 before it
        digits = re.sub(r"\D", "", text, flags=re.ASCII)
        nsn = phonenumbers.national_significant_number(phonenumbers.parse(answer))
        dropped = re.sub(f"{nsn}$", "", digits)
        assert nsn.endswith(digits) or re.fullmatch(_known_prefixes(region, answer), dropped), f"{dropped} was dropped"


def _known_prefixes(region: str, e164: str) -> str:
    code = phonenumbers.parse(e164).country_code
    assert code
    abroad = PhoneMetadata.metadata_for_region(region)
    home = PhoneMetadata.metadata_for_region(phonenumbers.region_code_for_country_code(code))
    trunk = (home and home.national_prefix_for_parsing) or ""
    if code == 52:
        trunk = "1|01|044|045"
    return rf"(?:(?:{abroad.international_prefix if abroad else ''})?{code})?(?:{trunk})?"


def test_the_countries_where_two_numbers_are_as_long_as_one_are_those_of_the_numbering_plans() -> None:
    plans = [plan for region in _REGIONS if (plan := PhoneMetadata.metadata_for_region(region))]

    fitting = {plan.id: str(plan.country_code) for plan in plans if not plan.national_prefix and _is_wide(plan)}

    assert fitting == several_numbers._TWO_FIT


def _is_wide(plan: PhoneMetadata) -> bool:
    assert plan.general_desc is not None
    return 2 * min(plan.general_desc.possible_length) <= max(plan.general_desc.possible_length)
