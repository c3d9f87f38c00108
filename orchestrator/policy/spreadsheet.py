"""Cells of an export that a spreadsheet can open without running them."""

from __future__ import annotations

import json
import re

# A cell that begins with one of these is a formula to Excel, LibreOffice or Sheets (OWASP, "CSV Injection").
_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_CONTROL = ("\t", "\r", "\n")
_PLAIN_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)


def safe_cell(value: object) -> str:
    """Return `value` as a cell's text, with a leading apostrophe where a spreadsheet would take it for a formula.

    Plain numbers stay as they are, so that `+12125550123` and `-5` can be read back.
    """
    text = _text(value)
    if _PLAIN_NUMBER.fullmatch(text):
        return text
    if text.startswith(_CONTROL) or text.lstrip().startswith(_FORMULA):
        return f"'{text}"
    return text


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return str(value)
