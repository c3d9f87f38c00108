"""Turns a sheet of an Excel workbook into the CSV file that an import reads; other files stay as they are.

The whole sheet is read before the first row is given on: of a workbook that is cut off or damaged, nobody is imported.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import chain
from tempfile import TemporaryFile
from typing import IO, Final, TextIO

from orchestrator.contact_files.byte_lines import Readable, WholeFile
from orchestrator.contact_files.csv_header import unusable
from orchestrator.contact_files.spreadsheet import safe_cell
from orchestrator.contact_files.workbook_archive import MOST_PACKED, WorkbookArchive
from orchestrator.contact_files.workbook_cells import NumberTexts
from orchestrator.contact_files.workbook_sheet import SheetRow, sheet_rows
from orchestrator.contact_files.workbook_writer import MOST_ROWS
from orchestrator.contact_files.workbook_xml import CellFormats, Handlers, SheetNames, Strings, parse, relations
from orchestrator.errors import FieldError, InvalidInput

XLSX: Final = "xlsx"
_ZIP = b"PK\x03\x04"
_BOOK = "xl/workbook.xml"
_MOST_TEXT = 2 * 1024**3
_PIECE = 1 << 16


@dataclass(frozen=True)
class TextTable:
    """A file of text to be read; of a workbook, `sheet` is the one it was, and `sheets` are those that are visible."""

    file: WholeFile
    encoding: str | None
    sheet: str | None = None
    sheets: tuple[str, ...] = ()
    is_whole: bool = True


def begins_like_workbook(head: bytes) -> bool:
    """Return whether a file that begins so may be a workbook."""
    return head.startswith(_ZIP)


@contextmanager
def as_text(
    file: WholeFile, *, encoding: str | None = None, sheet: str | None = None, most_rows: int = MOST_ROWS
) -> Iterator[TextTable]:
    """Yield a file as text: `encoding` is what the client says of one that is text already.

    Of a workbook it is the sheet named, else the first visible one with anything in it, up to `most_rows` rows. Raises
    InvalidInput (`?sheet`) for a sheet that is not there, and for a workbook that is damaged, or too large to unpack.
    """
    file.seek(0)
    is_archive = begins_like_workbook(file.read(len(_ZIP)))
    file.seek(0)
    with ExitStack() as files:
        if is_archive:
            packed, unpacked = files.enter_context(TemporaryFile()), files.enter_context(TemporaryFile())
            _copy(file, packed)
            book = WorkbookArchive(packed)
            if book.has(_BOOK):
                yield _Book(book).table(sheet, unpacked, most_rows)
                return
            file.seek(0)
        if sheet is not None:
            raise InvalidInput([FieldError("?sheet", "no_workbook", "the file is no Excel workbook (.xlsx)")])
        yield TextTable(file, encoding)


def _copy(file: Readable, copy: IO[bytes]) -> None:
    size = 0
    while piece := file.read(_PIECE):
        size += copy.write(piece)
        if size > MOST_PACKED:
            most = f"{MOST_PACKED // 1024**2} MB"
            raise unusable("workbook_too_large", f"a workbook has at most {most}; save the table as CSV UTF-8")


class _Book:
    """The sheets of a workbook."""

    def __init__(self, archive: WorkbookArchive) -> None:
        self._archive = archive
        self._names = SheetNames()
        parse(archive.pieces(_BOOK), Handlers(self._names.start))
        self._targets = relations(archive.pieces("xl/_rels/workbook.xml.rels"))
        self.visible = tuple(name for name, _, is_hidden in self._names.sheets if not is_hidden)

    def table(self, wanted: str | None, file: IO[bytes], most_rows: int) -> TextTable:
        """Write one sheet as CSV into `file` and return it."""
        strings, numbers = self._strings(), self._number_texts()
        for name in [self._known(wanted)] if wanted is not None else self.visible:
            rows = sheet_rows(self._archive.pieces(self._part_of(name), kind="sheet"), strings, numbers)
            first = next(rows, None)
            if first:
                is_whole = _write(chain([first], rows), file, most_rows)
                return TextTable(file, "utf-8", name, self.visible, is_whole)
        which = f"the sheet {wanted!r} is" if wanted else "its visible sheets are"
        raise unusable("empty_file", f"the workbook holds no rows: {which} empty")

    def _known(self, wanted: str) -> str:
        names = [name for name, *_ in self._names.sheets]
        same = [name for name in names if name.casefold() == wanted.casefold()]
        if not same:
            has = ", ".join(map(repr, names))
            raise InvalidInput(
                [FieldError("?sheet", "unknown_sheet", f"there is no sheet {wanted!r}; there are {has}")]
            )
        return same[0]

    def _part_of(self, name: str) -> str:
        relation = next(relation for each, relation, _ in self._names.sheets if each == name)
        return _absolute(self._targets.get(relation, ""))

    def _strings(self) -> Strings:
        strings, part = Strings(), "xl/sharedStrings.xml"
        if self._archive.has(part):
            pieces = self._archive.pieces(part, kind="text")
            parse(pieces, Handlers(strings.start, strings.end, strings.text))
        return strings

    def _number_texts(self) -> NumberTexts:
        formats, part = CellFormats(), "xl/styles.xml"
        if self._archive.has(part):
            parse(self._archive.pieces(part), Handlers(formats.start, formats.end))
        return NumberTexts(formats.codes, counts_from_1904=self._names.counts_from_1904)


def _absolute(target: str) -> str:
    return target.lstrip("/") if target.startswith("/") else f"xl/{target}"


def _write(rows: Iterator[SheetRow], file: IO[bytes], most_rows: int) -> bool:
    """Write rows as CSV whose rows have the numbers of the sheet, and return whether that was all of them."""
    text = io.TextIOWrapper(file, encoding="utf-8", errors="surrogatepass", newline="", write_through=True)
    try:
        return _write_rows(rows, file, text, most_rows)
    finally:
        text.detach()
        file.seek(0)


def _write_rows(rows: Iterator[SheetRow], file: IO[bytes], text: TextIO, most_rows: int) -> bool:
    text.write("sep=,\r\n")
    table, line = csv.writer(text), 0
    for number, cells in rows:
        if number > most_rows:
            return False
        text.write("\r\n" * (number - line - 1))
        table.writerow(map(safe_cell, cells))
        line = number
        if file.tell() > _MOST_TEXT:
            raise unusable("workbook_too_large", "the sheet is longer than 2 GB as text; save the table as CSV UTF-8")
    return True
