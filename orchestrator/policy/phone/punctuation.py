"""The characters and labels allowed around and between the digits of a number: a closed list, all else is refused.

Nothing is skipped: a character that is not listed here makes the text invalid, because what a parser drops silently
(a letter, a decimal, a second number) turns one number into another.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from orchestrator.policy.phone.problem import PhoneProblem
from orchestrator.policy.visible_text import visible

LABELS = frozenset(
    """
    tel telefon telefone telephone telefono teléfono tél téléphone phone ph number callto call sms whatsapp wa gsm
    mobile mobil mobiltelefon mob móvil movil cell cellular cellphone celular cel handy natel portable
    home work office main private privat business direct direkt dienstlich geschäftlich büro buero zuhause
    p h m t c w
    """.split()  # noqa: SIM905 - one word beside the other is easier to read than fifty pairs of quotes
)
_FAX = frozenset({"fax", "telefax", "f"})
_AROUND = frozenset(" '\"`‘’“”„«»‹›<>=:.()[]☎☏✆\N{TELEPHONE RECEIVER}\N{MOBILE PHONE}")  # noqa: RUF001 - quotes are listed
_PARTS = re.compile(r"(\D*?)([+(\[{\s]*\d(?:.*\d)?[)\]}]?)(\D*)", re.ASCII | re.DOTALL)
_WORD = re.compile(r"[^\W\d_]+")
_STRANGE = re.compile(r"[^\d\s.\-/()\[\]{}_]", re.ASCII)
_EXTENSION = re.compile(
    r"[^*#]*\d\W*(?:ext(?:ension|n)?|x|durchwahl|dw|nst|app|apparat|anexo|ramal|interno|int|poste|#)\W*\d+\D*",
    re.IGNORECASE,
)
_ROUNDED = re.compile(r"[+-]?\d+(?:[.,]\d+)?\s?e\s?[+-]?\s?\d+", re.IGNORECASE | re.ASCII)
_DECIMAL = re.compile(r"[^.]*\.(?:\d{1,2}|0+)|\+?\d{8,}\.\d+", re.ASCII)
_WITH_COMMAS = re.compile(r"\+?[\d. ]+(?:,\d{1,4})+(?:\.\d*)?", re.ASCII)
_THOUSANDS = re.compile(r"[1-9]\d?(?:\.\d{3}){2,}", re.ASCII)
_DATE = re.compile(r"(?:19|20)\d\d-[01]\d-[0-3]\d|[0-3]?\d([./])[0-3]?\d\1(?:19|20)\d\d", re.ASCII)
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\ufe58\ufe63\u30fc"
_ASCII_FOR = {ord(dash): "-" for dash in _DASHES} | {
    ord(sign): ascii_sign
    for signs, ascii_sign in (("\ufe62", "+"), ("\u2044\u2215", "/"), ("\u00b7\u2024", "."), ("\t", "  "))
    for sign in signs
}


def plain_text(text: str) -> str:
    """Return the visible `text`, with the digits, pluses, dashes and slashes of every script in ASCII."""
    text = visible(text)
    if not text.isascii():
        text = "".join(map(_ascii_sign, text))
    return text.translate(_ASCII_FOR) if "\t" in text or not text.isascii() else text


def bare_number(text: str) -> str | PhoneProblem:
    """Return the digits of one number with the characters between them, without labels and quotes around it."""
    if problem := unspoken_shape(text):
        return problem
    found = _PARTS.fullmatch(text)
    if found is None:
        return PhoneProblem("not_a_number", f"{text!r} is no phone number")
    before, core, after = found.groups()
    if problem := _around_problem(text, f"{before} {after}"):
        return problem
    if strange := _STRANGE.search(core.lstrip("([{ ").removeprefix("+").lstrip()):
        return PhoneProblem("not_a_number", f"{text!r} has {strange[0]!r} between its digits")
    return core


def unspoken_shape(text: str) -> PhoneProblem | None:
    """Return what makes the whole text none: an extension, or digits of a date, or of an amount in a spreadsheet."""
    if _EXTENSION.fullmatch(text):
        return PhoneProblem("extension", f"{text!r} has an extension, which cannot be dialed")
    amount = text.strip(" '\"‘’=")  # noqa: RUF001 - quotes are listed
    if _ROUNDED.fullmatch(amount):
        return PhoneProblem("not_a_number", f"{text!r} is a spreadsheet's rounded number; format the column as text")
    if amount.count(".") == 1 and _DECIMAL.fullmatch(amount):
        return PhoneProblem("not_a_number", f"{text!r} has decimals; format the spreadsheet's column as text")
    if _DATE.fullmatch(amount):
        return PhoneProblem("not_a_number", f"{text!r} is a date")
    if _WITH_COMMAS.fullmatch(amount) or _THOUSANDS.fullmatch(amount):
        return PhoneProblem("not_a_number", f"{text!r} is cut into thousands or has decimals; format it as text")
    return None


def _around_problem(text: str, around: str) -> PhoneProblem | None:
    words = {word.casefold() for word in _WORD.findall(around)}
    if words & _FAX:
        return PhoneProblem("not_a_number", f"{text!r} is a fax number")
    if unknown := words - LABELS:
        return PhoneProblem("not_a_number", f"{text!r} has letters in it: {min(unknown)!r} is no label of a number")
    strange = [sign for sign in _WORD.sub("", around) if sign not in _AROUND]
    return PhoneProblem("not_a_number", f"{text!r} has {strange[0]!r} beside its digits") if strange else None


@cache
def _ascii_sign(sign: str) -> str:
    if "\uff01" <= sign <= "\uff5e":  # the full-width forms of ASCII
        return chr(ord(sign) - 0xFEE0)
    digit = unicodedata.decimal(sign, None)
    return sign if digit is None else str(digit)
