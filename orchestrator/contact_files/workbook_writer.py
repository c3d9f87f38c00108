"""Writes a table as an Excel workbook (.xlsx) piece by piece, in flat memory however many rows there are.

A text is written as a text, with the format of a text: no program runs it, cuts its zeros or turns it into a date, and
an import reads it back unchanged. Numbers and times are written as such.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, Final
from zipfile import ZIP64_LIMIT, ZIP_DEFLATED, ZipFile

MOST_ROWS: Final = 1_048_576  # of a sheet, its header included
MOST_COLUMNS: Final = 16_384

_ROWS_A_PIECE = 500
_QUICK = 1  # level of compression: half of the time of the default, for a tenth more bytes
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_GENERAL, _TEXT, _TIME = 0, 1, 2  # formats of cells, in the order of `cellXfs`
_PARTS = {
    "[Content_Types].xml": (
        f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/></Types>'
    ),
    "_rels/.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/workbook.xml": (
        f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">'
        '<sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>'
    ),
    "xl/_rels/workbook.xml.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>'
    ),
    "xl/styles.xml": (
        f'<styleSheet xmlns="{_MAIN}"><numFmts count="1">'
        '<numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/></numFmts>'
        '<fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill>'
        '<fill><patternFill patternType="gray125"/></fill></fills>'
        '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
        '<cellXfs count="3"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
        '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
        '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
    ),
}
_SHEET = (
    f'<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
    '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><sheetData>'
)
_SHEET_END = "</sheetData></worksheet>"
_EMPTY = "<c/>"
_BEFORE_EXCEL = datetime(1899, 12, 30)  # noqa: DTZ001 the day that Excel counts from, which is of no zone
_DAY_S = 86_400
_LARGEST_EXACT = 10**15  # Excel keeps fifteen digits of a number
_SPECIAL = re.compile(r"[&<>\x00-\x08\x0b-\x1f\ufffe\uffff\ud800-\udfff]|_(?=x[0-9A-Fa-f]{4}_)")
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def workbook_pieces(rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """Yield the bytes of a workbook whose only sheet has these rows; what comes before its end is no workbook."""
    socket = _Outgoing()
    remaining = iter(rows)
    piece = _next_rows(remaining)
    with ZipFile(socket, "w", ZIP_DEFLATED, compresslevel=_QUICK) as archive:
        for name, text in _PARTS.items():
            archive.writestr(name, _HEAD + text)
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=_may_be_huge(piece)) as sheet:
            sheet.write((_HEAD + _SHEET).encode())
            while piece:
                sheet.write("".join(piece).encode())
                yield socket.taken()
                piece = _next_rows(remaining)
            sheet.write(_SHEET_END.encode())
    yield socket.taken()


def _next_rows(remaining: Iterator[Sequence[Any]]) -> list[str]:
    return [_row(cells) for cells in islice(remaining, _ROWS_A_PIECE)]


def _may_be_huge(first: Sequence[str]) -> bool:
    """Return whether a sheet that begins so could pass 2 GB: it is announced, for old programs read no such archive."""
    return len(first) == _ROWS_A_PIECE and sum(map(len, first)) / len(first) * MOST_ROWS > ZIP64_LIMIT


class _Outgoing:
    """A file that is written to and can neither be read nor gone back in: what was written is taken and sent."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Do nothing: what is written is there."""

    def close(self) -> None:
        """Do nothing: what is left is taken behind the end."""

    def taken(self) -> bytes:
        """Return what was written since the last time."""
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


def _row(cells: Sequence[Any]) -> str:
    return f"<row>{''.join(map(_cell, cells))}</row>"


def _cell(value: Any) -> str:
    match value:
        case None | "":
            return _EMPTY
        case str():
            return _text(value)
        case bool():
            return f'<c t="b"><v>{int(value)}</v></c>'
        case int() | float() if -_LARGEST_EXACT < value < _LARGEST_EXACT:
            return f"<c><v>{value!r}</v></c>"
        case datetime():
            return f'<c s="{_TIME}"><v>{_serial(value)!r}</v></c>'
        case tuple():
            return _text(" ".join(value)) if value else _EMPTY
        case dict() | list():
            return _text(json.dumps(value, ensure_ascii=False))
        case _:
            return _text(str(value))


def _text(value: str) -> str:
    escaped = _SPECIAL.sub(_escape, value) if _SPECIAL.search(value) else value
    kept = ' xml:space="preserve"' if escaped.strip() != escaped else ""
    return f'<c t="inlineStr" s="{_TEXT}"><is><t{kept}>{escaped}</t></is></c>'


def _escape(found: re.Match[str]) -> str:
    """Return what XML has for a character, or the workbook's own spelling of one that XML has not."""
    character = found[0]
    return _ESCAPES.get(character) or f"_x{ord(character):04X}_"


def _serial(moment: datetime) -> float:
    """Return a clock's time as Excel counts it: days since the end of 1899, of no zone."""
    return round((moment.replace(tzinfo=None) - _BEFORE_EXCEL).total_seconds() / _DAY_S, 8)
