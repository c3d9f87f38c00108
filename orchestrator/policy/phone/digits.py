"""Digits turned into E.164 by the numbering plans: none is lost but known prefixes, and none is guessed.

A number must be *possible* (country and length), not *valid*: validity tables lag behind newly opened ranges and refuse
reserved ones such as 555-01XX on some area codes, and the carrier's own answer is the final word anyway.
"""

from __future__ import annotations

import re
from functools import cache

import phonenumbers
from phonenumbers import CountryCodeSource, PhoneMetadata, PhoneNumber, PhoneNumberFormat

from orchestrator.policy.phone.problem import PhoneProblem

NORTH_AMERICAN = re.compile(r"\+1[2-9]\d\d[2-9]\d{6}", re.ASCII)
_MEXICAN = 52
_OLD_MEXICAN_PREFIX = re.compile(r"(\+52)(?:1|01|044|045)(\d{10})", re.ASCII)  # none is dialed since 3 August 2019
_ABROAD = re.compile(r"(?:011|00)(?=[1-9])", re.ASCII)


def dialable(digits: str, region: str | None, *, text: str) -> str | PhoneProblem:
    """Return `digits`, which may begin with `+`, as E.164; `text` is what a refusal quotes."""
    try:
        number = phonenumbers.parse(digits, region, keep_raw_input=True)
    except phonenumbers.NumberParseException as err:
        return _parse_problem(digits, region, err, text=text)
    if both := _read_both_ways(digits, number):
        detail = f"{text!r} may begin with the country code {number.country_code} or not; write it with +"
        return PhoneProblem("ambiguous", detail, both)
    if _begins_abroad(digits, number):
        return PhoneProblem("unknown_country", f"{text!r} begins as calls abroad do elsewhere; write + and the country")
    return _possible(number, text=text)


def _parse_problem(
    digits: str, region: str | None, err: phonenumbers.NumberParseException, *, text: str
) -> PhoneProblem:
    if err.error_type != phonenumbers.NumberParseException.INVALID_COUNTRY_CODE:
        return PhoneProblem("not_a_number", f"{text!r} is no phone number")
    if digits.startswith("+") or region:
        return PhoneProblem("unknown_country", f"{text!r} begins with no country's code")
    return PhoneProblem("no_region", f"{text!r} has no country code; write it as +1…")


def _read_both_ways(digits: str, number: PhoneNumber) -> tuple[str, ...]:
    """49171… in Germany: the area 04917 without its zero, or +49 171…? Both are called, and only one is meant."""
    code = str(number.country_code)
    rest = digits.removeprefix(code)
    if rest == digits or not rest:
        return ()
    readings = (
        PhoneNumber(number.country_code, int(digits)),
        PhoneNumber(number.country_code, int(rest), italian_leading_zero=rest.startswith("0")),
    )
    if not all(map(phonenumbers.is_possible_number, readings)) or not all(map(phonenumbers.is_valid_number, readings)):
        return ()
    return tuple(phonenumbers.format_number(reading, PhoneNumberFormat.E164) for reading in readings)


def _begins_abroad(digits: str, number: PhoneNumber) -> bool:
    """011 49 30… in Germany, whose own prefix is 00: read as area code 0114, it would be another subscriber."""
    if number.country_code_source != CountryCodeSource.FROM_DEFAULT_COUNTRY or not _ABROAD.match(digits):
        return False
    return not phonenumbers.is_valid_number(number) and _is_valid("+" + _ABROAD.sub("", digits, count=1))


def _is_valid(e164: str) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(e164))
    except phonenumbers.NumberParseException:
        return False


def is_possible(number: PhoneNumber) -> bool:
    """Return whether a number has as many digits as its country's; one that keeps its trunk 0 is too short for it."""
    if not phonenumbers.is_possible_number(number):
        return False
    return not number.italian_leading_zero or trunk_prefix(number.country_code) != "0"


@cache
def trunk_prefix(country_code: int) -> str | None:
    """Return what is dialed before an area code within a country, such as 0; never part of E.164."""
    plan = PhoneMetadata.metadata_for_region(phonenumbers.region_code_for_country_code(country_code))
    return plan.national_prefix if plan else None


def _possible(number: PhoneNumber, *, text: str) -> str | PhoneProblem:
    e164: str = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    if number.country_code == _MEXICAN and (old := _OLD_MEXICAN_PREFIX.fullmatch(e164)):
        return old[1] + old[2]
    if not is_possible(number):
        return PhoneProblem("impossible", f"{text!r} has the wrong number of digits for its country")
    if number.country_code == 1 and not NORTH_AMERICAN.fullmatch(e164):
        return PhoneProblem("impossible", f"{text!r}: area code and exchange begin with 2 to 9")
    return e164
