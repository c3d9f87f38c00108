"""Streams tables to clients, as CSV that a spreadsheet may open, as a workbook or as JSON lines, row by row."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import orjson
from flask import Response

from orchestrator.contact_files.spreadsheet import safe_cell, typed_cell
from orchestrator.contact_files.workbook_writer import workbook_pieces

CSV = "text/csv"
JSON_LINES = "application/x-ndjson"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

EXCEL_SAYS = (
    "`excel`: opens with a double click in every country and shows each cell as it is (UTF-16 with tabs, and numbers "
    'written as `="007"`). An import understands both.'
)

_ROWS_A_PIECE = 200


def table_answer(rows: Iterable[Sequence[Any]], *, written: str, name: str) -> Response:
    """Return `rows`, the header first, as `csv`, `excel`, `jsonl` or `xlsx`; `name` lacks the ending."""
    if written == "jsonl":
        return json_lines_answer(rows)
    if written == "xlsx":
        return Response(workbook_pieces(rows), content_type=XLSX, headers=_attached(f"{name}.xlsx"))
    return csv_answer(rows, name=f"{name}.csv", for_excel=written == "excel")


def csv_answer(rows: Iterable[Sequence[Any]], *, name: str, for_excel: bool = False) -> Response:
    """Return `rows`, the header first, as a CSV file that is written while it is read."""
    charset = "utf-16le" if for_excel else "utf-8"
    pieces = excel_pieces(rows) if for_excel else csv_pieces(rows)
    return Response(pieces, content_type=f"{CSV}; charset={charset}", headers=_attached(name))


def _attached(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}


def json_lines_answer(rows: Iterable[Sequence[Any]]) -> Response:
    """Return `rows`, the header first, as one JSON object a line."""
    return Response(_json_pieces(iter(rows)), content_type=JSON_LINES)


def csv_pieces(rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """Yield `rows` as CSV that any program may open."""
    for piece in _pieces(rows):
        yield _written([[safe_cell(cell) for cell in row] for row in piece], delimiter=",").encode()


def excel_pieces(rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """Yield `rows` as Excel opens them by itself: only UTF-16 with tabs is cut into columns in every country."""
    yield codecs.BOM_UTF16_LE
    for piece in _pieces(rows):
        yield _written([[typed_cell(cell) for cell in row] for row in piece], delimiter="\t").encode("utf-16-le")


def _written(rows: list[list[str]], *, delimiter: str) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue()


def _json_pieces(rows: Iterator[Sequence[Any]]) -> Iterator[bytes]:
    header = next(rows)
    for piece in _pieces(rows):
        yield b"".join(orjson.dumps(dict(zip(header, row, strict=True))) + b"\n" for row in piece)


def _pieces(rows: Iterable[Sequence[Any]]) -> Iterator[list[Sequence[Any]]]:
    remaining = iter(rows)
    while piece := list(islice(remaining, _ROWS_A_PIECE)):
        yield piece
