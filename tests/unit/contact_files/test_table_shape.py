"""The shape of an exported table."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from orchestrator.contact_files.table_shape import EVERYTHING, TableShape, read_columns, refuse_too_many, shaped
from orchestrator.contact_files.workbook_writer import MOST_COLUMNS
from orchestrator.errors import InvalidInput

NOON = datetime(2031, 7, 1, 12, tzinfo=UTC)


def table() -> Iterator[list[Any]]:
    yield ["phone", "at", "note"]
    yield ["+12125550123", NOON, None]


def test_everything_is_there_with_times_in_utc() -> None:
    assert list(shaped(table(), EVERYTHING)) == [
        ["phone", "at", "note"],
        ["+12125550123", "2031-07-01T12:00:00.000Z", None],
    ]


def test_columns_come_in_the_order_asked_for_and_times_in_the_zone() -> None:
    shape = TableShape(columns=("at", "phone"), zone="America/New_York")

    assert list(shaped(table(), shape)) == [["at", "phone"], ["2031-07-01T08:00:00.000-04:00", "+12125550123"]]


def test_a_workbook_has_the_time_of_the_clock_there() -> None:
    [_, [at]] = shaped(table(), TableShape(columns=("at",), zone="Europe/Berlin", is_workbook=True))

    assert (at, at.hour) == (NOON, 14)


def test_a_column_that_there_is_not_is_named_with_those_there_are() -> None:
    with pytest.raises(InvalidInput) as refused:
        shaped(table(), TableShape(columns=("phone", "fone", "x")))

    assert [each["pointer"] for each in refused.value.errors] == ["?columns", "?columns"]
    assert "no column 'fone'; there are phone, at, note" in refused.value.errors[0]["detail"]


def test_a_sheet_has_room_for_so_many_columns_and_rows() -> None:
    wide = iter([[str(n) for n in range(MOST_COLUMNS + 1)]])
    with pytest.raises(InvalidInput, match="at most"):
        shaped(wide, TableShape(is_workbook=True))
    with pytest.raises(InvalidInput, match="3 rows below its header"):
        refuse_too_many(lambda most: most, TableShape(is_workbook=True, most_rows=3))

    refuse_too_many(lambda most: most, EVERYTHING)
    refuse_too_many(lambda _most: 3, TableShape(is_workbook=True, most_rows=3))


def test_names_of_columns_stand_between_commas() -> None:
    assert read_columns('phone, "Last, first",status') == ("phone", "Last, first", "status")


@pytest.mark.parametrize(
    ("text", "why"), [("", "names of columns"), ("a,,b", "names of columns"), ("a,b,a", "twice"), ('"a', "quote")]
)
def test_a_list_of_columns_that_is_none_says_why(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read_columns(text)
