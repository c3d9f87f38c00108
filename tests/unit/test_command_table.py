"""The page of the thirty commands says what stands in the code, and nothing is missing from it."""

from __future__ import annotations

from tests.support.command_table import COLUMNS, TABLE, rows, text


def test_every_command_has_every_place_and_a_test_for_it() -> None:
    table = list(rows())

    assert len(table) == 30
    assert [(row["command"], column) for row in table for column in COLUMNS if not row[column]] == []


def test_the_page_is_what_the_code_says() -> None:
    assert TABLE.read_text() == text(), "write it anew: make docs"
