"""Exports that are safe to open."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.contact_files.spreadsheet import plain_cell, safe_cell, typed_cell


@pytest.mark.parametrize(
    "value",
    [
        "=1+1",
        "+SUM(A1)",
        "-2+3",
        "@cmd",
        "\ta",
        "\ra",
        '"=1+1"',
        '" =1+1',
        "\u200b=1",
        "  =HYPERLINK(1)",
        "+1 212",
        "\uff1d1+1",
        "=cmd|' /C calc'!A0",
        "\nx",
    ],
)
def test_what_a_spreadsheet_would_run_gets_an_apostrophe(value: str) -> None:
    assert safe_cell(value) == f"'{value}"


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (";=1+1", ";'=1+1"),
        ("Ann;=1+1", "Ann;'=1+1"),
        ("Ann; =1+1;@x", "Ann;' =1+1;'@x"),
        ('Ann;"=1+1"', 'Ann;\'"=1+1"'),
        ("Ann\t-1+2", "Ann\t'-1+2"),
        ("Ann\n=1+1", "Ann\n'=1+1"),
        ("Ann\r\n+1;2", "Ann\r\n+1;2"),
        ("Ann;\uff1d1", "Ann;'\uff1d1"),
        ("\t=1", "'\t'=1"),
        ("\r=1", "'\r'=1"),
        ("=1;=2", "'=1;'=2"),
    ],
)
def test_what_begins_a_cell_to_a_program_that_cuts_elsewhere_is_guarded_there(value: str, cell: str) -> None:
    assert safe_cell(value) == cell


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize(
    "text", [";=1+1", "x\t=1", 'x;"=1"', "a\n=1", "a\r=1", "a\r\n;=1", '";=1', "=1", ' "=1', "a;;@b"]
)
def test_no_program_reads_a_formula_out_of_an_export_whatever_delimiter_it_takes(text: str, delimiter: str) -> None:
    written = io.StringIO()
    csv.writer(written).writerow(["con_1", safe_cell(text), "end"])

    rows = csv.reader(io.StringIO(written.getvalue(), newline=""), delimiter=delimiter)
    pieces = [piece.strip().lstrip('"').strip() for row in rows for cell in row for piece in cell.splitlines() or [""]]

    assert not [piece for piece in pieces if piece.startswith(("=", "+", "-", "@"))]


@pytest.mark.parametrize("text", ["call me; +12125550123", "10;-5;20", "a;-5.25", "x = y; z - 1", "a, =b", "a;b"])
def test_text_in_which_nothing_would_run_is_left_alone(text: str) -> None:
    assert safe_cell(text) == text


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("+12125550123", "+12125550123"),
        ("-5", "-5"),
        ("-5.25", "-5.25"),
        (-5, "-5"),
        (None, ""),
        (True, "true"),
        ("Ann = Bob", "Ann = Bob"),
        ("", ""),
    ],
)
def test_everything_else_stays_as_it_is(value: object, cell: str) -> None:
    assert safe_cell(value) == cell


_TEXT = st.text(alphabet=st.sampled_from("'=+-@\t\r\n; \"a1.,\u200b\ufeff\uff1d"), max_size=8) | st.text(max_size=12)


@given(_TEXT)
def test_every_text_comes_back_from_either_kind_of_cell(text: str) -> None:
    assert plain_cell(safe_cell(text)) == text
    assert plain_cell(typed_cell(text)) == text


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("'@Ann", "@Ann"),
        ("'-$5.00", "-$5.00"),
        ("'+1 day", "+1 day"),
        ("'- 3 degrees", "- 3 degrees"),
        ("''=x", "'=x"),
        ("Ann;'=1+1", "Ann;=1+1"),
        ("'\t'=1", "\t=1"),
        ("' \n'=1", " \n=1"),
        ('="007"', "007"),
        ('="5"" pipe"', '5" pipe'),
        ("'tis", "'tis"),
        ("O'Neil = Ann", "O'Neil = Ann"),
        ("'+12125550123", "'+12125550123"),
        ("a;'b", "a;'b"),
        ("'", "'"),
    ],
)
def test_only_what_an_export_adds_is_taken_away(cell: str, text: str) -> None:
    assert plain_cell(cell) == text


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("+12185550110", '="+12185550110"'),
        ("007", '="007"'),
        ("0012345678901234567", '="0012345678901234567"'),
        ("1E5", '="1E5"'),
        ("3-4", '="3-4"'),
        ("MAR1", '="MAR1"'),
        ("true", '="true"'),
        ("@x", '="@x"'),
        ("'@x", '="\'@x"'),
        ('="1"', '="=""1"""'),
        ("Zoë", "Zoë"),
        ("", ""),
        (7, "7"),
        (None, ""),
        (True, "true"),
        ("=a\nb", "'=a\nb"),
    ],
)
def test_a_cell_for_excel_keeps_every_digit_and_sign(value: object, cell: str) -> None:
    assert typed_cell(value) == cell


def test_a_text_too_long_for_a_formula_is_still_guarded_and_comes_back() -> None:
    text = "=1" + "x" * 300

    assert typed_cell(text) == f"'{text}" and plain_cell(f"'{text}") == text
