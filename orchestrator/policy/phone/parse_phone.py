"""Phone numbers as people write them, turned into E.164 or refused with a reason.

The only parser of numbers: files, requests, filters and settings use it. It keeps all digits except the prefixes of
the numbering plans (+, 00, 011, a trunk 0).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import phonenumbers

from orchestrator.errors import FieldError, InvalidInput
from orchestrator.policy.phone.digits import NORTH_AMERICAN, dialable
from orchestrator.policy.phone.problem import PhoneProblem
from orchestrator.policy.phone.punctuation import bare_number, plain_text, unspoken_shape
from orchestrator.policy.phone.several_numbers import Piece, cut_numbers, digits_of, readings, region_of, separate_parts

__all__ = ["WRITTEN_AS", "PhoneProblem", "country_of", "is_region", "parse_phone", "read_phone"]

WRITTEN_AS = {
    "type": "string",
    "pattern": "^\\+[1-9][0-9]{1,14}$",
    "description": "E.164; spaces, dots, dashes, slashes and brackets between the digits are understood, too.",
    "examples": ["+12125550123"],
}
"""The JSON Schema of a phone number."""

_LONGEST_TEXT = 100
_ONLY_DIGITS = re.compile(r"\+?\d{1,30}", re.ASCII)


def parse_phone(text: str, region: str | None = None, *, pointer: str = "/phone") -> str:
    """Return `text` as E.164; raise InvalidInput naming `pointer` and a `PhoneProblem` code."""
    answer = read_phone(text, region)
    if isinstance(answer, PhoneProblem):
        raise InvalidInput([FieldError(pointer, answer.code, answer.detail)])
    return answer


def read_phone(text: str, region: str | None = None) -> str | PhoneProblem:
    """Return `text` as E.164, or a PhoneProblem; a number without `+` is parsed in `region` (such as "US")."""
    if NORTH_AMERICAN.fullmatch(text):
        return text
    text, region = plain_text(text), region and region.upper()
    if _ONLY_DIGITS.fullmatch(text):
        return dialable(text, region, text=text)
    if problem := _shape_problem(text):
        return problem
    parts = separate_parts(text)
    return _read_one(parts[0], region) if len(parts) == 1 else _refuse_parts(text, parts, region)


def is_region(region: str) -> bool:
    """Return whether `region` is a two-letter region that numbers can be parsed with."""
    return region.upper() in phonenumbers.SUPPORTED_REGIONS


def country_of(e164: str) -> str | None:
    """Return the region whose numbering plan a number is of, or None for a text that is none; US for all of +1."""
    try:
        code = phonenumbers.parse(e164).country_code
    except phonenumbers.NumberParseException:
        return None
    return phonenumbers.region_code_for_country_code(code) if code else None


def _shape_problem(text: str) -> PhoneProblem | None:
    if not text:
        return PhoneProblem("not_a_number", "the number is empty")
    if len(text) > _LONGEST_TEXT:
        return PhoneProblem("not_a_number", f"longer than {_LONGEST_TEXT} characters")
    if "@" in text or text.lower().startswith(("sip:", "sips:")):
        return PhoneProblem("sip_uri", "SIP addresses are not dialed; give a phone number")
    return None


def _read_one(text: str, region: str | None) -> str | PhoneProblem:
    core = bare_number(text)
    if isinstance(core, PhoneProblem):
        return core
    pieces = cut_numbers(core, region)
    return _several(text, pieces, region) if len(pieces) > 1 else dialable(digits_of(core), region, text=text)


def _refuse_parts(text: str, parts: Sequence[str], region: str | None) -> PhoneProblem:
    if problem := unspoken_shape(text):
        return problem
    pieces: list[Piece] = []
    for part in parts:
        core = bare_number(part)
        if isinstance(core, PhoneProblem):
            return core
        pieces += cut_numbers(core, region)
    return _several(text, pieces, region)


def _several(text: str, pieces: Sequence[Piece], region: str | None) -> PhoneProblem:
    home = region_of(pieces[0].text, region)
    read = [dialable(digits, region or home, text=text) for digits in readings(pieces)]
    numbers = tuple(dict.fromkeys(number for number in read if isinstance(number, str)))
    detail = f"{text!r} holds more than one number; give each a row of its own"
    return PhoneProblem("several_numbers", detail, numbers if len(numbers) == len(set(map(str, read))) else ())
