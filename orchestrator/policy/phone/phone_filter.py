"""Reads a number that a list is filtered by: found however it is written, and refused when it is misspelt."""

from __future__ import annotations

import re
from collections.abc import Iterable

from orchestrator.errors import FieldError, InvalidInput
from orchestrator.policy.phone.parse_phone import PhoneProblem, country_of, read_phone

_LOST_PLUS = re.compile(r" (?=\d)", re.ASCII)  # a + that was not written as %2B


def read_number_parameter(text: str, region: str | None, *, name: str) -> str:
    """Return `text` as E.164; without a country code it is one of `region`. Raises InvalidInput naming `name`."""
    read = read_phone(text, region)
    if _LOST_PLUS.match(text):
        read = _with_plus(text, read)
    if isinstance(read, str):
        return read
    detail = read.detail
    if read.code == "no_region":
        detail = f"{text!r} has no country code: add `region`, such as region=US, or write +1… (in an address, %2B1…)"
    raise InvalidInput([FieldError(f"?{name}", read.code, detail)])


def common_country(numbers: Iterable[str]) -> str | None:
    """Return the country of these E.164 numbers, or None where they are of several or none."""
    countries = {country_of(number) for number in numbers}
    return countries.pop() if len(countries) == 1 else None


def _with_plus(text: str, without: str | PhoneProblem) -> str | PhoneProblem:
    read = read_phone("+" + text.lstrip())
    if isinstance(read, str) and isinstance(without, str) and read != without:
        return PhoneProblem("ambiguous", f"{text!r} begins with a space: in an address, a + is written %2B")
    return read if isinstance(read, str) else without
