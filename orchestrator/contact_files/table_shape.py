"""The shape of an exported table: which of its columns, and in which zone its times."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from orchestrator.contact_files.workbook_writer import MOST_COLUMNS, MOST_ROWS
from orchestrator.errors import FieldError, InvalidInput
from orchestrator.policy.timestamps import format_timestamp
from orchestrator.policy.zones.clock_rules import clock_of, local_time


@dataclass(frozen=True)
class TableShape:
    """What a client asked for; `columns` are names of the header, None for all, and `zone` is an IANA name.

    A workbook has room for `most_rows` below its header.
    """

    columns: tuple[str, ...] | None = None
    zone: str | None = None
    is_workbook: bool = False
    most_rows: int = MOST_ROWS - 1


EVERYTHING: Final = TableShape()
_MINUTE = timedelta(minutes=1)


def refuse_too_many(count_up_to: Callable[[int], int], shape: TableShape) -> None:
    """Raise InvalidInput where there are more rows than a workbook has room for; they are counted for one alone."""
    if shape.is_workbook and count_up_to(shape.most_rows + 1) > shape.most_rows:
        detail = f"a sheet of Excel holds {shape.most_rows} rows below its header; take csv or jsonl, or fewer rows"
        raise InvalidInput([FieldError("?format", "too_many_rows", detail)])


def read_columns(text: str) -> tuple[str, ...]:
    """Return the names in a list with commas; raises ValueError for none, one twice, or a quote left open."""
    try:
        names = tuple(name.strip() for name in next(csv.reader([text], skipinitialspace=True, strict=True), []))
    except csv.Error as err:
        raise ValueError("a quote is opened and not closed") from err
    twice = next((name for name in names if names.count(name) > 1), None)
    if not all(names) or not names:
        raise ValueError("write names of columns with commas between them, such as phone,status")
    if twice is not None:
        raise ValueError(f"{twice!r} stands in it twice")
    return names


def shaped(rows: Iterator[Sequence[Any]], shape: TableShape) -> Iterator[list[Any]]:
    """Return the header and rows of a table in the shape that was asked for, read lazily behind the header.

    Times are texts with their offset, and in a workbook the clock's time. Raises InvalidInput for a column that the
    table does not have.
    """
    header = next(rows)
    places = _places(header, shape.columns)
    if shape.is_workbook and len(places) > MOST_COLUMNS:
        detail = f"a sheet has at most {MOST_COLUMNS} columns; choose some with `columns`"
        raise InvalidInput([FieldError("?format", "too_many_columns", detail)])
    return _shaped(header, rows, places, _written(shape))


def _shaped(
    header: Sequence[str], rows: Iterator[Sequence[Any]], places: Sequence[int], write: Callable[[datetime], Any]
) -> Iterator[list[Any]]:
    yield [header[place] for place in places]
    for row in rows:
        cells = (row[place] for place in places)
        yield [write(cell) if isinstance(cell, datetime) else cell for cell in cells]


def _places(header: Sequence[str], wanted: Sequence[str] | None) -> Sequence[int]:
    if wanted is None:
        return range(len(header))
    known = {name: place for place, name in enumerate(header)}
    unknown = [name for name in wanted if name not in known]
    if unknown:
        has = ", ".join(header)
        raise InvalidInput(
            [
                FieldError("?columns", "unknown_column", f"there is no column {name!r}; there are {has}")
                for name in unknown
            ]
        )
    return [known[name] for name in wanted]


def with_offset(shape: TableShape) -> Callable[[datetime], str]:
    """Return how a time is written as a text with its offset, which an import reads, in a workbook too."""
    if shape.zone is None:
        return format_timestamp
    zone = clock_of(shape.zone)
    return lambda moment: _offset_written(moment, local_time(moment, zone))


def _offset_written(moment: datetime, local: datetime) -> str:
    """Return a time by its clock; in UTC from before clocks went by zones, when they were off by seconds too."""
    is_rfc3339 = not (local.utcoffset() or _MINUTE) % _MINUTE
    return local.isoformat(timespec="milliseconds") if is_rfc3339 else format_timestamp(moment)


def _written(shape: TableShape) -> Callable[[datetime], Any]:
    if not shape.is_workbook:
        return with_offset(shape)
    zone = clock_of(shape.zone) if shape.zone else UTC
    return lambda moment: local_time(moment, zone)
