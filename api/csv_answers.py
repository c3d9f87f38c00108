"""Streams tables to clients, as CSV that a spreadsheet may open or as JSON lines, row by row."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import orjson
from flask import Response

from orchestrator.policy.spreadsheet import safe_cell

CSV = "text/csv"
JSON_LINES = "application/x-ndjson"

_ROWS_A_PIECE = 200


def table_answer(rows: Iterable[Sequence[Any]], *, media: str, name: str) -> Response:
    """Return `rows`, the header first, in the format `media` names."""
    return json_lines_answer(rows) if media == JSON_LINES else csv_answer(rows, name=name)


def csv_answer(rows: Iterable[Sequence[Any]], *, name: str) -> Response:
    """Return `rows`, the header first, as a CSV file that is written while it is read."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(_csv_pieces(rows), content_type=f"{CSV}; charset=utf-8", headers=headers)


def json_lines_answer(rows: Iterable[Sequence[Any]]) -> Response:
    """Return `rows`, the header first, as one JSON object a line."""
    return Response(_json_pieces(iter(rows)), content_type=JSON_LINES)


def _csv_pieces(rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    for piece in _pieces(rows):
        text = io.StringIO()
        csv.writer(text).writerows([safe_cell(cell) for cell in row] for row in piece)
        yield text.getvalue().encode()


def _json_pieces(rows: Iterator[Sequence[Any]]) -> Iterator[bytes]:
    header = next(rows)
    for piece in _pieces(rows):
        yield b"".join(orjson.dumps(dict(zip(header, row, strict=True))) + b"\n" for row in piece)


def _pieces(rows: Iterable[Sequence[Any]]) -> Iterator[list[Sequence[Any]]]:
    remaining = iter(rows)
    while piece := list(islice(remaining, _ROWS_A_PIECE)):
        yield piece
