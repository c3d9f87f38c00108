"""Rows of an uploaded CSV file, one at a time; broken rows are reported, valid ones are kept.

A file is read as people's spreadsheets write it (`text_encoding`, `csv_header`). Rows are numbered as a spreadsheet
shows them: the header is row 1 if nothing precedes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from orchestrator.contact_files.byte_lines import ByteLine, WholeFile, byte_lines
from orchestrator.contact_files.column_map import read_map
from orchestrator.contact_files.contact_rows import ContactForm, ContactProblem
from orchestrator.contact_files.csv_cells import BrokenRow, OpenQuote, is_blank, split_row
from orchestrator.contact_files.csv_header import DELIMITERS, Header, find_header, header_cells, unusable
from orchestrator.contact_files.csv_lines import CsvLines, read_top
from orchestrator.contact_files.file_kinds import foreign_kind
from orchestrator.contact_files.spreadsheet import plain_cell
from orchestrator.contact_files.text_encoding import Encoding, encoding_of
from orchestrator.contact_files.text_file import TextFile

_LONGEST_LINE = 64 * 1024
_MOST_LINES = 100  # of one row: cells may hold line breaks
_FEWEST_DIGITS = 3  # of a number

Row = dict[str, str] | ContactProblem


class _Read(NamedTuple):
    """A row as it was read, and by how many cells it is too short; None for a blank one."""

    row: Row | None
    lacks: int = 0


_BLANK = _Read(None)


class CsvRows:
    """The rows of one file: its `header` at once, then `(row, cells | problem)` lazily, in flat memory.

    Cells are keyed by what their column fills (`column_for`, `mapping`). Raises InvalidInput when the file cannot be
    used: no column or several for the phone, a column twice, no text, or nothing at all.
    """

    def __init__(
        self, file: WholeFile, form: ContactForm, *, mapping: str | None = None, encoding: str | None = None
    ) -> None:
        mapped = read_map(mapping, form)
        self.encoding, self._lines = _opened(file, encoding)
        self.header = self._read_header(form, mapped)

    def __iter__(self) -> Iterator[tuple[int, Row]]:
        """Yield the rows; a short one waits for the next, which may be its rest behind a line break without quotes."""
        waiting: tuple[int, Row, int] | None = None
        for number, row, lacks in self._numbered():
            if waiting:
                yield waiting[0], _torn(waiting, row, lacks, width=len(self.header.columns)) or waiting[1]
            waiting = (number, row, lacks) if lacks else None
            if not lacks:
                yield number, row
        if waiting:
            yield waiting[0], waiting[1]

    def _numbered(self) -> Iterator[tuple[int, Row, int]]:
        number = self.header.row
        while (line := self._lines.next()) is not None:
            number += 1
            row, lacks = self._read(line)
            if row is not None:
                yield number, row, lacks

    def _read(self, line: ByteLine) -> _Read:
        if line.data is None:
            return _Read(_too_long(line))
        try:
            return self._keyed(self._cells(line.data))
        except OpenQuote:
            return self._read_over_lines(line)
        except UnicodeDecodeError as err:
            return _Read(_problem("not_utf8", _encoding_detail(line, err, self.encoding)))
        except BrokenRow as err:
            code = "broken_quote" if b'"' in line.data else "line_endings"
            return _Read(_problem(code, f"line {line.number}: {err}"))

    def _read_over_lines(self, first: ByteLine) -> _Read:
        """Join lines until the quoted cell ends; a quote that never ends costs its own line only, not the rest."""
        taken: list[ByteLine] = []
        text = first.data or b""
        while len(taken) < _MOST_LINES and len(text) <= _LONGEST_LINE and (line := self._lines.next()) is not None:
            taken.append(line)
            if line.data is None:
                break
            text += line.data
            if b'"' not in line.data:
                continue
            try:
                read = self._keyed(self._cells(text))
            except OpenQuote:
                continue
            except (UnicodeDecodeError, BrokenRow):
                break
            if isinstance(read.row, ContactProblem):
                break
            return read
        self._lines.put_back(taken)
        return _Read(_problem("broken_quote", f"line {first.number}: a quote is opened and not closed"))

    def _cells(self, data: bytes) -> list[str]:
        text = data.decode(self.encoding.of_lines)
        cells = split_row(text, self.header.delimiter)
        return [plain_cell(cell) for cell in cells] if "'" in text or "=" in text else cells

    def _keyed(self, cells: list[str]) -> _Read:
        columns = self.header.columns
        if is_blank(cells[0] if cells else "") and all(map(is_blank, cells)):
            return _BLANK
        if len(cells) > len(columns) and not all(map(is_blank, cells[len(columns) :])):
            return _Read(
                _problem(
                    "too_many_cells",
                    f"{len(cells)} cells under {len(columns)} columns; quote cells that hold a delimiter",
                )
            )
        row = {column: cell for column, cell in zip(columns, cells, strict=False) if column}
        return _Read(row, max(0, len(columns) - len(cells)))

    def _read_header(self, form: ContactForm, mapped: dict[str, str]) -> Header:
        top = read_top(self._lines, codec=self.encoding.of_lines)
        if not top.rows:
            raise _unreadable(top.unreadable, self.encoding)
        header = find_header([(row.number, row.text) for row in top.rows], form, mapped, top.declared_delimiter)
        for row in reversed(top.rows[header.index + 1 :]):
            self._lines.put_back(row.lines)
        return header


def top_names(file: WholeFile, *, encoding: str | None = None) -> list[str]:
    """Return the cells of the widest of the first rows, which names the columns; none of a file without any row."""
    read_as, lines = _opened(file, encoding)
    top = read_top(lines, codec=read_as.of_lines)
    marks = (top.declared_delimiter,) if top.declared_delimiter else DELIMITERS
    return max((header_cells(row.text, mark) for row in top.rows for mark in marks), default=[], key=len)


def _opened(file: WholeFile, named: str | None) -> tuple[Encoding, CsvLines]:
    encoding = encoding_of(file, named)
    text = TextFile(file, encoding)
    if kind := foreign_kind(text.raw_head):
        raise unusable("not_csv", f"the file is {kind}")
    return encoding, CsvLines(byte_lines(text, longest=_LONGEST_LINE, end=_line_end(text.head)))


def _torn(short: tuple[int, Row, int], row: Row, lacks: int, *, width: int) -> ContactProblem | None:
    """Return what is wrong with a short row when the row below it is its rest, torn off by a line break."""
    has_other_part = short[2] + lacks == width - 1 and isinstance(row, dict)
    if not has_other_part or sum(map(str.isdigit, row.get("phone", ""))) >= _FEWEST_DIGITS:  # type: ignore[union-attr]
        return None
    return _problem(
        "torn_row",
        f"{width - short[2]} cells under {width} columns, and the row below seems to be its rest; "
        "quote cells that hold a line break",
    )


def _line_end(head: bytes) -> bytes:
    """Return what ends the first line: a bare carriage return, as old spreadsheets of the Mac write it, or LF."""
    first = head.find(b"\r")
    is_bare = first >= 0 and b"\n" not in head[: first + 2]
    return b"\r" if is_bare and first + 1 < len(head) else b"\n"


def _too_long(line: ByteLine) -> ContactProblem:
    return _problem("line_too_long", f"line {line.number} is longer than {_LONGEST_LINE} bytes")


def _unreadable(line: ByteLine | None, encoding: Encoding) -> Exception:
    if line is None:
        return unusable("empty_file", "the file is empty")
    if line.data is None:
        return unusable("line_too_long", f"{_too_long(line).detail}; are there line breaks?")
    try:
        line.data.decode(encoding.of_lines)
    except UnicodeDecodeError as err:
        return unusable("not_utf8", _encoding_detail(line, err, encoding))
    raise AssertionError(line)


def _encoding_detail(line: ByteLine, err: UnicodeDecodeError, encoding: Encoding) -> str:
    place = encoding.mark + line.offset + err.start
    return f"line {line.number}: {encoding.blame(place, err.object[err.start])}"


def _problem(code: str, detail: str) -> ContactProblem:
    return ContactProblem(code, "", detail)
