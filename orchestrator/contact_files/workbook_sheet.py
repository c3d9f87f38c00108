"""The rows of one sheet of a workbook as texts, read piece by piece."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from string import ascii_uppercase

from orchestrator.contact_files.csv_header import unusable
from orchestrator.contact_files.workbook_archive import broken
from orchestrator.contact_files.workbook_cells import NumberTexts
from orchestrator.contact_files.workbook_writer import MOST_COLUMNS, MOST_ROWS
from orchestrator.contact_files.workbook_xml import Attributes, Handlers, Strings, feed

_MOST_READ = 1_000  # columns; a header may name 200
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_LETTERS = {letter: number for number, letter in enumerate(ascii_uppercase, start=1)}
_TEXTS = frozenset({"inlineStr", "str"})

SheetRow = tuple[int, list[str]]


def sheet_rows(pieces: Iterable[bytes], strings: Strings, numbers: NumberTexts) -> Iterator[SheetRow]:
    """Yield the rows that have a cell with something in it: the number that a spreadsheet shows, and the texts.

    Cells that are empty at the end are left out. Raises InvalidInput for a sheet that is damaged.
    """
    sheet = _Sheet(strings, numbers)
    for _ in feed(pieces, Handlers(sheet.start, sheet.end, sheet.text)):
        rows, sheet.rows = sheet.rows, []
        yield from rows


class _Sheet:
    """Hears the elements of a sheet, and collects its rows."""

    def __init__(self, strings: Strings, numbers: NumberTexts) -> None:
        self._strings, self._numbers = strings, numbers
        self.rows: list[SheetRow] = []
        self._row, self._cells = 0, list[str]()
        self._column, self._kind, self._style = 0, "n", 0
        self._value: list[str] | None = None  # what is heard of the present cell's value
        self._heard = ""
        self._is_phonetic = False

    def start(self, name: str, attributes: Attributes) -> None:
        match name:
            case "row":
                self._row, self._cells, self._column = self._number(attributes.get("r")), [], 0
            case "c":
                self._column = _column_of(attributes["r"]) if "r" in attributes else self._column + 1
                self._kind, self._style = attributes.get("t", "n"), int(attributes.get("s", "0") or 0)
                self._heard = ""
            case "rPh":
                self._is_phonetic = True
            case "v" | "t" if not self._is_phonetic:
                self._value = []

    def text(self, text: str) -> None:
        if self._value is not None:
            self._value.append(text)

    def end(self, name: str) -> None:
        match name:
            case "v" | "t" if self._value is not None:
                self._heard, self._value = self._heard + "".join(self._value), None
            case "rPh":
                self._is_phonetic = False
            case "c" if self._heard:
                self._put(self._text_of(self._heard))
            case "row" if self._cells:
                self.rows.append((self._row, self._cells))

    def _number(self, told: str | None) -> int:
        number = int(told) if told and told.isdigit() else self._row + 1
        if not self._row < number <= MOST_ROWS:
            raise broken("its rows are in no order")
        return number

    def _put(self, text: str) -> None:
        if self._column > _MOST_READ:
            raise unusable("too_many_columns", f"row {self._row} has a cell beyond column {_MOST_READ}")
        self._cells += [""] * (self._column - 1 - len(self._cells))
        self._cells.append(text)

    def _text_of(self, heard: str) -> str:
        if self._kind == "s":
            return _unescaped(self._shared(heard))
        if self._kind in _TEXTS:
            return _unescaped(heard)
        if self._kind == "b":
            return "true" if heard == "1" else "false"
        return self._numbers.text(heard, self._style) if self._kind == "n" else heard

    def _shared(self, heard: str) -> str:
        try:
            return self._strings[int(heard)]
        except (ValueError, IndexError) as err:
            raise broken("a cell names a text that is not there") from err


def _column_of(reference: str) -> int:
    column = 0
    for letter in reference.rstrip("0123456789"):
        column = column * len(_LETTERS) + _LETTERS.get(letter, MOST_COLUMNS)
        if column > MOST_COLUMNS:
            raise broken("a cell is in no column")
    return column


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(_character, text) if "_x" in text else text


def _character(found: re.Match[str]) -> str:
    character = chr(int(found[1], 16))
    return found[0] if "\ud800" <= character <= "\udfff" else character
