"""The texts of a workbook's cells, as a person sees them: whole numbers without exponent, dates as dates."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

_BUILT_IN_DATES = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
_QUOTED = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)
_OF_DATE = re.compile(r"[dmyhs]", re.IGNORECASE)
_ZEROS = re.compile(r"0{2,30}")
_PLUS = re.compile(r'(?:"\+"|\\\+|\+)(?:0+|#+)')
_WHOLE_TO = 10**15  # Excel keeps fifteen digits; what is longer has lost some, and its exponent says so
_LAST_DAY = 2_958_466  # 10000-01-01
_DAY_S = 86_400


class NumberTexts:
    """Turns the number of a cell into the text of its format."""

    def __init__(self, codes: list[str], *, counts_from_1904: bool) -> None:
        self._codes = codes
        self._is_date = [_shows_date(code) for code in codes]
        self._epoch = datetime(1904, 1, 1) if counts_from_1904 else datetime(1899, 12, 30)  # noqa: DTZ001 of no zone

    def text(self, written: str, style: int) -> str:
        """Return what a person sees; a number that is none is left as it is written."""
        try:
            number = float(written)
        except ValueError:
            return written
        if not 0 <= style < len(self._codes):
            return _plain(number, written)
        if self._is_date[style] and 0 <= number < _LAST_DAY:
            return self._date(number)
        return _formatted(_plain(number, written), self._codes[style])

    def _date(self, days: float) -> str:
        moment = self._epoch + timedelta(seconds=round(days * _DAY_S))
        if days < 1:
            return moment.strftime("%H:%M:%S" if moment.second else "%H:%M")
        if moment.hour == moment.minute == moment.second == 0:
            return moment.date().isoformat()
        return moment.isoformat(" ")


def _plain(number: float, written: str) -> str:
    if number.is_integer() and abs(number) < _WHOLE_TO:
        return str(int(number))
    if written.lstrip("-").isdigit():
        return written
    return format(number, ".15g").upper()


def _formatted(text: str, code: str) -> str:
    """Return a whole number with the zeros or the plus before it that its format shows."""
    if not text.isdigit():
        return text
    if _ZEROS.fullmatch(code):
        return text.zfill(len(code))
    return f"+{text}" if _PLUS.fullmatch(code) else text


def _shows_date(code: str) -> bool:
    if code.startswith("#") and code[1:].isdigit():
        return int(code[1:]) in _BUILT_IN_DATES
    first = _QUOTED.sub("", code).partition(";")[0]
    return _OF_DATE.search(first) is not None and "general" not in first.lower()
