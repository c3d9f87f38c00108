"""Phone numbers as people write them, turned into E.164 or refused with a reason.

A number must be *possible* (country and length), not *valid*: validity tables lag behind newly opened ranges and refuse
reserved ones such as 555-01XX on some area codes, and the carrier's own answer is the final word anyway.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import phonenumbers
from phonenumbers import ValidationResult

from orchestrator.errors import FieldError, InvalidInput

WRITTEN_AS = {
    "type": "string",
    "pattern": "^\\+[1-9][0-9]{1,14}$",
    "description": "E.164; spaces, dots, dashes and brackets between the digits are understood, too.",
    "examples": ["+12125550123"],
}
"""How a document says what a number looks like (JSON Schema)."""

_NORTH_AMERICAN = re.compile(r"\+1[2-9]\d\d[2-9]\d{6}", re.ASCII)
_SPREADSHEET_FLOAT = re.compile(r"[\d.]+([eE]\+?\d+|\.0)")
_LONGEST_TEXT = 64


@dataclass(frozen=True, slots=True)
class PhoneProblem:
    """Why a text is no number to dial: not_a_number, no_region, unknown_country, impossible, extension or sip_uri."""

    code: str
    detail: str


def parse_phone(text: str, region: str | None = None, *, pointer: str = "/phone") -> str:
    """Return `text` as E.164; raise InvalidInput naming `pointer` and a `PhoneProblem` code."""
    answer = read_phone(text, region)
    if isinstance(answer, PhoneProblem):
        raise InvalidInput([FieldError(pointer, answer.code, answer.detail)])
    return answer


def read_phone(text: str, region: str | None = None) -> str | PhoneProblem:
    """Return `text` as E.164, or why it is none; a number without `+` is read as one of `region` (such as "US")."""
    text, region = text.strip(), region and region.upper()
    if _NORTH_AMERICAN.fullmatch(text):
        return text
    return _shape_problem(text) or _parsed(text, region)


def is_region(region: str) -> bool:
    """Return whether `region` is a two-letter region that numbers can be parsed with."""
    return region.upper() in phonenumbers.SUPPORTED_REGIONS


def _shape_problem(text: str) -> PhoneProblem | None:
    if not text:
        return PhoneProblem("not_a_number", "the number is empty")
    if len(text) > _LONGEST_TEXT:
        return PhoneProblem("not_a_number", f"longer than {_LONGEST_TEXT} characters")
    if "@" in text or text.lower().startswith(("sip:", "sips:")):
        return PhoneProblem("sip_uri", "SIP addresses are not dialed; give a phone number")
    if _SPREADSHEET_FLOAT.fullmatch(text):
        return PhoneProblem("not_a_number", f"{text!r} is a spreadsheet's rounded number; format the column as text")
    return None


def _parsed(text: str, region: str | None) -> str | PhoneProblem:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException as err:
        return _parse_problem(text, region, err)
    if number.extension:
        return PhoneProblem("extension", f"{text!r} has an extension, which cannot be dialed")
    if any(letter.isalpha() for letter in text):
        return PhoneProblem("not_a_number", f"{text!r} has letters in it")
    return _possible(text, number)


def _parse_problem(text: str, region: str | None, err: phonenumbers.NumberParseException) -> PhoneProblem:
    if err.error_type != phonenumbers.NumberParseException.INVALID_COUNTRY_CODE:
        return PhoneProblem("not_a_number", f"{text!r} is no phone number")
    if text.startswith("+") or region:
        return PhoneProblem("unknown_country", f"{text!r} begins with no country's code")
    return PhoneProblem("no_region", f"{text!r} has no country code; write it as +1… or name a region")


def _possible(text: str, number: phonenumbers.PhoneNumber) -> str | PhoneProblem:
    if phonenumbers.is_possible_number_with_reason(number) != ValidationResult.IS_POSSIBLE:
        return PhoneProblem("impossible", f"{text!r} has the wrong number of digits for its country")
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if number.country_code == 1 and not _NORTH_AMERICAN.fullmatch(e164):
        return PhoneProblem("impossible", f"{text!r}: area code and exchange begin with 2 to 9")
    return e164
