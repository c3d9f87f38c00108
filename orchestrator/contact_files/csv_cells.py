"""The cells of one row of a CSV file."""

from __future__ import annotations

import csv

from orchestrator.policy.visible_text import visible


class OpenQuote(Exception):
    """Raised when a row's text ends inside a quoted cell: it may go on in the next line."""


class BrokenRow(Exception):
    """Raised when a row's text cannot be cut into cells; the message says why."""


def split_row(text: str, delimiter: str) -> list[str]:
    """Return the cells of one row; raise OpenQuote or BrokenRow."""
    row = text.strip("\r\n")
    if '"' in row:
        return _split_quoted(row, delimiter)
    if "\r" in row or "\n" in row:
        raise BrokenRow("a line break of another kind stands in it; save the file with one kind of line ending")
    return row.split(delimiter)


def is_blank(cell: str) -> bool:
    """Return whether nothing of a cell can be seen."""
    return not (cell.strip() if cell.isascii() else visible(cell))


def _split_quoted(row: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([row], delimiter=delimiter, strict=True))
    except csv.Error as err:
        if "unexpected end of data" in str(err):
            raise OpenQuote from err
        raise BrokenRow(str(err)) from err
