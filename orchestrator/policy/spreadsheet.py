"""Cells of an export that a spreadsheet can open without running them."""

from __future__ import annotations

import json
import re

# A cell that begins with one of these is a formula to Excel, LibreOffice or Sheets (OWASP, "CSV Injection").
_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_CONTROL = ("\t", "\r", "\n")
# Where a program may cut the file although we did not: it takes `;` or tabs for the delimiter, and then the quotes that
# keep a comma or a line break within its cell stand in the middle of one. What begins there begins a cell.
_CUT = re.compile(r"""([;\t\r\n])(?=(?:[^\S\t\r\n]|["\ufeff\u200b])*([=+\-@\uff1d\uff0b\uff0d\uff20][^;\t\r\n]*))""")
_BEFORE = '\ufeff\u200b"'
_PLAIN_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)


def safe_cell(value: object) -> str:
    """Return `value` as a cell's text, with an apostrophe where a spreadsheet would take it, or a part, for a formula.

    Plain numbers stay as they are, so that `+12125550123` and `-5` can be read back.
    """
    text = _text(value)
    if _PLAIN_NUMBER.fullmatch(text):
        return text
    guarded = _CUT.sub(_guarded, text)
    if text.startswith(_CONTROL) or _begun(text).startswith(_FORMULA):
        return f"'{guarded}"
    return guarded


def _guarded(cut: re.Match[str]) -> str:
    return cut[1] if _PLAIN_NUMBER.fullmatch(cut[2].rstrip()) else f"{cut[1]}'"


def _begun(text: str) -> str:
    """Return the text from its first character that is neither space nor quote."""
    begun = text.lstrip()
    while (rest := begun.lstrip(_BEFORE).lstrip()) != begun:
        begun = rest
    return begun


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return str(value)
