"""Cells of an export that a spreadsheet can open without running them, and that come back as they were.

Where a spreadsheet would take a cell, or a part of one, for a formula, an apostrophe is put before it. `plain_cell`
takes exactly that one away again; a text that has apostrophes there of its own gets one more: every text comes back.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable

# A cell that begins with one of these is a formula to Excel, LibreOffice or Sheets (OWASP, "CSV Injection").
_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_CONTROL = ("\t", "\r", "\n")
_MAY_RUN = re.compile("[=+\\-@\uff1d\uff0b\uff0d\uff20\t\r\n]")
# Where a program may cut the file although we did not: it takes `;` or tabs for the delimiter, and then the quotes that
# keep a comma or a line break within its cell are in the middle of one. What begins there begins a cell.
_CUT = re.compile(r"([;\t\r\n])")
_BEGUN_PIECE = re.compile(r"""(?:[^\S\t\r\n]|["\ufeff\u200b])*([=+\-@\uff1d\uff0b\uff0d\uff20].*)""")
_BEFORE = '\ufeff\u200b"'
_PLAIN_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)
# What a spreadsheet turns into a number, a date or a truth value when it opens a file: what has a digit, and words.
_CONVERTED = re.compile(r"\d|^\s*(?:true|false)\s*$", re.IGNORECASE)
_TYPED = re.compile(r'="((?:[^"]|"")*)"')
_LONGEST_TYPED = 255  # of a text within a formula, in Excel
# What stands in place of a result, as Excel writes it in English, German, French, Spanish, Italian and Portuguese.
_FAILED = re.compile(
    r"#(?:N/A|N/D|NV|GETTING_DATA|[¡¿]?(?:REF|VALUE|NAME|NUM|NULL|DIV/0|SPILL|CALC|FIELD|BLOCKED|CONNECT|UNKNOWN"
    r"|BEZUG|WERT|ZAHL|ÜBERLAUF|VALEUR|NOM|NOMBRE|NUL|VALOR|NULO|NÚM|RIF|VALORE|NOME)[!?])"
)
_CONTROLS = re.compile("[\x00-\x1f]")


def is_failed_formula(text: str) -> bool:
    """Return whether a cell holds what a spreadsheet shows for a formula that failed, such as #N/A."""
    return _FAILED.fullmatch(text.strip()) is not None


def safe_cell(value: object) -> str:
    """Return `value` as a cell's text, with an apostrophe where a spreadsheet would take it, or a part, for a formula.

    A tuple of ids is written with spaces between them.

    Plain numbers stay as they are, so that `+12125550123` and `-5` can be read back.
    """
    text = _text(value)
    return _at_each_begin(text, _one_more) if _MAY_RUN.search(text) else text


def typed_cell(value: object) -> str:
    """Return `value` as a cell that Excel shows as it is: a text that it would convert or run becomes `="007"`."""
    text = safe_cell(value)
    if not isinstance(value, str) or len(value) > _LONGEST_TYPED or _CONTROLS.search(value):
        return text
    if text == value == plain_cell(value) and not _CONVERTED.search(value):
        return text
    doubled = value.replace('"', '""')
    return f'="{doubled}"'


def plain_cell(text: str) -> str:
    """Return the text that `safe_cell` or `typed_cell` made a cell of."""
    if typed := _TYPED.fullmatch(text):
        return typed[1].replace('""', '"')
    return _at_each_begin(text, _one_less) if "'" in text else text


def _one_more(apostrophes: str) -> str:
    return apostrophes + "'"


def _one_less(apostrophes: str) -> str:
    return apostrophes[:-1]


def _at_each_begin(text: str, change: Callable[[str], str]) -> str:
    """Change the apostrophes before whatever would run: neither way changes what it is judged by."""
    first, *more = _CUT.split(text)
    inner = "".join(_changed(piece, change, runs=_piece_runs) for piece in more)
    unguarded = "".join(more) if change is _one_more else inner
    return _changed(first, change, runs=lambda rest: _text_runs(rest + unguarded)) + inner


def _changed(piece: str, change: Callable[[str], str], *, runs: Callable[[str], bool]) -> str:
    rest = piece.lstrip("'")
    apostrophes = piece[: len(piece) - len(rest)]
    return change(apostrophes) + rest if runs(rest) else piece


def _text_runs(text: str) -> bool:
    if _PLAIN_NUMBER.fullmatch(text):
        return False
    return text.startswith(_CONTROL) or _begun(text).startswith(_FORMULA)


def _piece_runs(piece: str) -> bool:
    begun = _BEGUN_PIECE.fullmatch(piece)
    return begun is not None and not _PLAIN_NUMBER.fullmatch(begun[1].rstrip())


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
    if isinstance(value, tuple):
        return " ".join(value)
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return str(value)
