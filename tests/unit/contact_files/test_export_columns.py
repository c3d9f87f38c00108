"""What we export is a file of contacts again: every value comes back under its own name, and our own columns do not."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.http.table_responses import csv_pieces, excel_pieces
from orchestrator.contact_files.contact_rows import ContactForm, ContactProblem
from orchestrator.contact_files.csv_rows import CsvRows
from orchestrator.contact_files.export_columns import REJECT_COLUMNS, RESULT_COLUMNS, exported_name, variable_name

Write = Callable[[Iterable[Sequence[Any]]], Iterator[bytes]]

NAMES = [
    *("first_name", "status", "code", "row", "detail", "answer_x", "variable_status", "variable_variable_x", "Mobile"),
    *("Time Zone", "from", "reason", "contact_id", "=x", "-1", "'a", "'=a", "Status", "timezone_", "Straße"),
]
TOLD = ["status", "variable_status", "Mobile", "first_name"]
_CELL = st.text(alphabet=st.sampled_from("'=+-@\t\r\n; \",a1ë\u2028"), max_size=6) | st.text(
    st.characters(exclude_categories=["Cs"]), max_size=10
)
_TABLE = st.lists(st.fixed_dictionaries(dict.fromkeys(TOLD, _CELL)), max_size=3)


def imported(pieces: Iterable[bytes]) -> list[dict[str, str]]:
    rows = CsvRows(io.BytesIO(b"".join(pieces)), ContactForm())
    cells = [row for _, row in rows]
    assert not any(isinstance(row, ContactProblem) for row in cells), cells
    return [row for row in cells if isinstance(row, dict)]


@pytest.mark.parametrize("write", [csv_pieces, excel_pieces])
@settings(max_examples=60)
@given(table=_TABLE)
def test_any_table_of_rejects_comes_back_as_it_was(write: Write, table: list[dict[str, str]]) -> None:
    names = ["phone", *TOLD]
    header = [*REJECT_COLUMNS, *(exported_name(name, REJECT_COLUMNS) for name in names)]
    lines = [
        [n, "invalid", "impossible", "phone: '1' is wrong", "1", *map(row.get, TOLD)] for n, row in enumerate(table, 2)
    ]

    assert imported(write([header, *lines])) == [{"phone": "1", **row} for row in table]


@pytest.mark.parametrize("write", [csv_pieces, excel_pieces])
@settings(max_examples=60)
@given(table=_TABLE)
def test_any_variables_of_results_come_back_as_they_were(write: Write, table: list[dict[str, str]]) -> None:
    header = [*RESULT_COLUMNS, "answer_ok", "timezone", *map(variable_name, TOLD)]
    ours = {name: f"our {name}" for name in RESULT_COLUMNS} | {"phone": "+12125550123", "external_id": "7"}
    lines = [[*ours.values(), True, "UTC", *map(row.get, TOLD)] for row in table]

    came = imported(write([header, *lines]))

    field = {"phone": "+12125550123", "external_id": "7", "timezone": "UTC"}
    assert came == [{**field, **row} for row in table]


@pytest.mark.parametrize("write", [csv_pieces, excel_pieces])
def test_every_name_comes_back(write: Write) -> None:
    header = [*RESULT_COLUMNS, "timezone", *map(variable_name, NAMES)]
    values = {name: f"{number}: {name}" for number, name in enumerate(NAMES)}

    (came,) = imported(write([header, [*map(str, range(len(RESULT_COLUMNS))), "UTC", *values.values()]]))

    assert came == {"phone": "1", "external_id": "2", "timezone": "UTC", **values}


@pytest.mark.parametrize("ours", [REJECT_COLUMNS, RESULT_COLUMNS])
def test_no_name_of_a_client_is_one_of_ours(ours: tuple[str, ...]) -> None:
    names = [exported_name(name, ours) for name in NAMES]

    assert len({*names, *ours}) == len(NAMES) + len(ours)
    assert not any(name.startswith("answer_") for name in names)


def test_rejects_of_the_version_before_whose_columns_clash_are_read_by_their_places() -> None:
    header = [*REJECT_COLUMNS, "phone", "first_name", "status", "code"]

    assert imported(csv_pieces([header, [2, "invalid", "x", "y", "1", "Ann", "VIP", "A7"]])) == [
        {"phone": "1", "first_name": "Ann", "status": "VIP", "code": "A7"}
    ]


def test_a_file_that_only_has_such_columns_is_not_taken_for_ours() -> None:
    rows = imported([b"phone,status,code,row,detail,attempts\n1,VIP,A7,3,x,2\n"])

    assert rows == [{"phone": "1", "status": "VIP", "code": "A7", "row": "3", "detail": "x", "attempts": "2"}]
