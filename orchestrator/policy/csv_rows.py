"""Rows of an uploaded CSV file, one at a time, with every broken row told and every good one kept.

A file is read as people's spreadsheets write it: UTF-8 with or without a byte order mark, `,` `;` or tab. Rows are
numbered as a spreadsheet shows them: the header is row 1.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator

from orchestrator.errors import FieldError, InvalidInput
from orchestrator.policy.byte_lines import ByteLine, Readable, byte_lines
from orchestrator.policy.contact_rows import ContactForm, ContactProblem, column_for
from orchestrator.policy.names import unseen_in

_WIDE_BOMS = (b"\xff\xfe", b"\xfe\xff")
_DELIMITERS = (",", ";", "\t")
_LONGEST_LINE = 64 * 1024
_MOST_LINES = 100  # of one row: cells may hold line breaks
_MOST_COLUMNS = 200

Row = dict[str, str] | ContactProblem


class _OpenQuote(Exception):
    """Says that a row's text ends inside a quoted cell."""


class CsvRows:
    """The rows of one file: `columns` at once, then `(row, cells | problem)` lazily, in flat memory.

    Cells are keyed by what their column fills (`column_for`). Raises InvalidInput when the header cannot be used: no
    `phone` column, a column twice, no UTF-8, or nothing at all.
    """

    def __init__(self, file: Readable, form: ContactForm) -> None:
        self._lines = byte_lines(file, longest=_LONGEST_LINE)
        self._ahead: deque[ByteLine] = deque()
        self._delimiter, self.columns = self._read_header(form)

    def __iter__(self) -> Iterator[tuple[int, Row]]:
        row = 1
        while (line := self._next_line()) is not None:
            row += 1
            if line.data is None or line.data.strip(b"\r\n"):
                yield row, self._row(line)

    def _next_line(self) -> ByteLine | None:
        return self._ahead.popleft() if self._ahead else next(self._lines, None)

    def _row(self, line: ByteLine) -> Row:
        if line.data is None:
            return _problem("line_too_long", f"line {line.number} is longer than {_LONGEST_LINE} bytes")
        try:
            return self._keyed(self._cells(line.data))
        except _OpenQuote:
            return self._row_over_lines(line)
        except UnicodeDecodeError as err:
            return _problem("not_utf8", _encoding_detail(line, err))
        except csv.Error as err:
            return _problem("broken_quote", f"line {line.number}: {err}")

    def _row_over_lines(self, first: ByteLine) -> Row:
        """Join lines until the quoted cell ends; a quote that never ends costs its own line only, not the rest."""
        taken: list[ByteLine] = []
        text = first.data or b""
        while len(taken) < _MOST_LINES and len(text) <= _LONGEST_LINE and (line := self._next_line()) is not None:
            taken.append(line)
            if line.data is None:
                break
            text += line.data
            if b'"' not in line.data:
                continue
            try:
                row = self._keyed(self._cells(text))
            except _OpenQuote:
                continue
            except (UnicodeDecodeError, csv.Error):
                break
            if isinstance(row, ContactProblem):
                break
            return row
        self._ahead.extendleft(reversed(taken))
        return _problem("broken_quote", f"line {first.number}: a quote is opened and not closed")

    def _cells(self, data: bytes) -> list[str]:
        return _split(data.decode("utf-8"), self._delimiter)

    def _keyed(self, cells: list[str]) -> Row:
        if len(cells) > len(self.columns) and any(cells[len(self.columns) :]):
            return _problem(
                "too_many_cells",
                f"{len(cells)} cells under {len(self.columns)} columns; quote cells that hold a delimiter",
            )
        return {column: cell for column, cell in zip(self.columns, cells, strict=False) if column}

    def _read_header(self, form: ContactForm) -> tuple[str, list[str]]:
        line = self._next_line()
        while line is not None and line.data is not None and not line.data.strip():
            line = self._next_line()
        text = _header_text(line)
        delimiter = max(_DELIMITERS, key=lambda mark: _fitness(text, mark, form))
        columns = [column_for(name, form) for name in _header_cells(text, delimiter)]
        _check_columns(columns, text)
        return delimiter, columns


def _split(text: str, delimiter: str) -> list[str]:
    """Return the cells of one row; raise _OpenQuote when it ends inside a quoted cell, csv.Error when it is broken."""
    row = text.rstrip("\r\n")
    if '"' not in row:
        return row.split(delimiter)
    try:
        return next(csv.reader([row], delimiter=delimiter, strict=True))
    except csv.Error as err:
        if "unexpected end of data" in str(err):
            raise _OpenQuote from err
        raise


def _header_text(line: ByteLine | None) -> str:
    if line is None:
        raise _unusable("empty_file", "the file is empty")
    if line.data is None:
        raise _unusable(
            "line_too_long", f"line {line.number} is longer than {_LONGEST_LINE} bytes; are there line breaks?"
        )
    if line.data.startswith(_WIDE_BOMS) or b"\x00" in line.data:
        raise _unusable("not_utf8", "the file is UTF-16; save it as CSV UTF-8")
    try:
        text = line.data.decode("utf-8").removeprefix("\ufeff").rstrip("\r\n")
    except UnicodeDecodeError as err:
        raise _unusable("not_utf8", _encoding_detail(line, err)) from err
    if "\r" in text:
        raise _unusable("line_endings", "lines end in bare carriage returns; save the file with LF or CRLF")
    return text


def _header_cells(text: str, delimiter: str) -> list[str]:
    try:
        return [cell.strip() for cell in _split(text, delimiter)]
    except (csv.Error, _OpenQuote):
        return [cell.strip() for cell in text.split(delimiter)]


def _fitness(text: str, delimiter: str, form: ContactForm) -> tuple[bool, int]:
    cells = _header_cells(text, delimiter)
    return "phone" in [column_for(cell, form) for cell in cells], len(cells)


def _check_columns(columns: list[str], text: str) -> None:
    if "phone" not in columns:
        raise _unusable("missing_column", f"there is no column `phone`; the header reads {text[:200]!r}")
    twice = {column for column in columns if column and columns.count(column) > 1}
    if twice:
        raise _unusable("duplicate_column", f"more than one column gives {', '.join(sorted(twice))}")
    unseen = next((found for column in columns if (found := unseen_in(column))), None)
    if unseen:
        raise _unusable("bad_character", f"the name of a column holds {unseen}; the header reads {text[:200]!r}")
    if len(columns) > _MOST_COLUMNS:
        raise _unusable("too_many_columns", f"more than {_MOST_COLUMNS} columns")


def _encoding_detail(line: ByteLine, err: UnicodeDecodeError) -> str:
    place = line.offset + err.start
    return f"line {line.number}: byte {place} (0x{err.object[err.start]:02x}) is not UTF-8; save the file as CSV UTF-8"


def _problem(code: str, detail: str) -> ContactProblem:
    return ContactProblem(code, "", detail)


def _unusable(code: str, detail: str) -> InvalidInput:
    return InvalidInput([FieldError("", code, detail)], code=code)
