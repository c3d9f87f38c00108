"""Workbooks of Excel: cells as a person sees them, the right sheet, and nothing of a file that is damaged or a bomb."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import datetime
from zipfile import ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.contact_files.spreadsheet import plain_cell
from orchestrator.contact_files.workbook_table import as_text
from orchestrator.contact_files.workbook_writer import workbook_pieces
from orchestrator.errors import InvalidInput
from tests.support.workbooks import DATE, TIMED, WITH_PLUS, ZIP_CODE, number, rows, text, workbook


def table_of(file: bytes, sheet: str | None = None) -> list[list[str]]:
    """Return the rows of a workbook as an import reads them."""
    with as_text(io.BytesIO(file), sheet=sheet) as table:
        pieces = b"".join(iter(lambda: table.file.read(1 << 16), b""))
    _, *lines = csv.reader(io.StringIO(pieces.decode(), newline=""))
    return [[plain_cell(cell) for cell in line] for line in lines]


def refusal_of(file: bytes, sheet: str | None = None) -> tuple[str, str]:
    with pytest.raises(InvalidInput) as refused, as_text(io.BytesIO(file), sheet=sheet):
        pass
    return str(refused.value.errors[0]["code"]), str(refused.value.errors[0]["detail"])


@pytest.mark.parametrize(
    ("cell", "seen"),
    [
        (number("12025550124"), "12025550124"),
        (number("1.2025550127E10"), "12025550127"),
        (number("493023125040.0"), "493023125040"),
        (number("4.41E+16"), "4.41E+16"),  # of more than fifteen digits some are lost
        (number("-5"), "-5"),
        (number("0.1"), "0.1"),
        (number("0.30000000000000004"), "0.3"),
        (number("2134", ZIP_CODE), "02134"),
        (number("4930231250", WITH_PLUS), "+4930231250"),
        (number("46083", DATE), "2026-03-02"),
        (number("46083.377887731483", TIMED), "2026-03-02 09:04:10"),
        (number("0.375", TIMED), "09:00"),
        (number("12025550124", 77), "12025550124"),
        ('<c t="b"><v>1</v></c>', "true"),
        ('<c t="e"><v>#REF!</v></c>', "#REF!"),
        ('<c t="str"><f>A1&amp;"x"</f><v>+12025550125</v></c>', "+12025550125"),
        (text("+12025550123"), "+12025550123"),
        (text("'@Ann"), "'@Ann"),
        (text("=Bob"), "=Bob"),
        (text("a_x000D_b"), "a\rb"),
        (text("_x005F_x0041_"), "_x0041_"),
        ('<c t="inlineStr"><is><r><t>Zo</t></r><r><t>ë</t></r><rPh><t>x</t></rPh></is></c>', "Zoë"),
    ],
)
def test_a_cell_is_read_as_a_person_sees_it(cell: str, seen: str) -> None:
    assert table_of(workbook(rows([text("phone")], [cell]))) == [["phone"], [seen]]


def test_texts_that_cells_share_are_read_in_their_order() -> None:
    shared = "<si><t>phone</t></si><si><r><t>Zo</t></r><r><t>ë</t></r></si><si/>"
    cells = [['<c t="s"><v>0</v></c>', '<c t="s"><v>1</v></c>'], ['<c t="s"><v>2</v></c>', '<c t="s"><v>1</v></c>']]

    assert table_of(workbook(rows(*cells), shared=shared)) == [["phone", "Zoë"], ["", "Zoë"]]
    assert refusal_of(workbook(rows(['<c t="s"><v>3</v></c>']), shared=shared))[0] == "bad_workbook"


def test_dates_of_a_mac_count_from_1904() -> None:
    file = workbook(rows([number("44621", DATE)]), properties='<workbookPr date1904="1"/>')

    assert table_of(file) == [["2026-03-02"]]


def test_cells_and_rows_that_are_left_out_keep_their_places() -> None:
    second, fourth = '<c r="B2"><v>1</v></c><c r="D2"><v>2</v></c><c r="E2"/>', '<c r="A4"><v>3</v></c>'
    sheet = f'<row r="2">{second}</row><row r="4">{fourth}</row>'

    assert table_of(workbook(sheet)) == [[], ["", "1", "", "2"], [], ["3"]]


def test_the_first_visible_sheet_with_something_in_it_is_read_or_the_one_named() -> None:
    sheets = {"Old": rows([text("old")]), "Empty": "", "People": rows([text("phone")]), "More": rows([text("more")])}
    file = workbook(sheets, hidden=["Old"])

    with as_text(io.BytesIO(file)) as read:
        assert (read.sheet, read.sheets) == ("People", ("Empty", "People", "More"))

    assert table_of(file) == [["phone"]]
    assert table_of(file, "more") == [["more"]] and table_of(file, "Old") == [["old"]]
    assert refusal_of(file, "Peple") == (
        "unknown_sheet",
        "there is no sheet 'Peple'; there are 'Old', 'Empty', 'People', 'More'",
    )
    assert refusal_of(workbook({"A": "", "B": ""}))[0] == "empty_file"


def test_a_workbook_that_is_cut_off_anywhere_is_refused() -> None:
    whole = workbook(rows([text("phone")], *([number(12025550100 + n)] for n in range(3_000))))

    for part in range(200, len(whole) - 1, len(whole) // 20):
        assert refusal_of(whole[:part])[0] in ("bad_workbook", "no_workbook")


def test_a_byte_that_is_not_as_it_was_is_noticed() -> None:
    whole = workbook(rows([text("phone")], *([number(12025550100 + n)] for n in range(3_000))))
    place = ZipFile(io.BytesIO(whole)).getinfo("xl/worksheets/sheet1.xml").header_offset + 2_000
    damaged = whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :]

    assert refusal_of(damaged)[0] == "bad_workbook"


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    file = workbook("<row/>" + " " * 40_000_000)

    code, detail = refusal_of(file)

    assert code == "workbook_too_large" and "38 MB" in detail and len(file) < 100_000


def test_entities_that_explode_are_refused() -> None:
    entities = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    sheet = f"{entities}<worksheet><sheetData><row><c><v>&b;</v></c></row></sheetData></worksheet>"

    assert refusal_of(workbook("", parts={"xl/worksheets/sheet1.xml": sheet}))[0] == "bad_workbook"


@pytest.mark.parametrize(
    "sheet",
    [
        '<row r="5"/><row r="4"/>',
        '<row r="2000000"/>',
        '<row r="1"><c r="AAAA1"><v>1</v></c></row>',
        '<row r="1"><c r="??1"><v>1</v></c></row>',
        "<row><c><v>1</v></row>",
    ],
)
def test_a_sheet_that_no_spreadsheet_writes_is_refused(sheet: str) -> None:
    assert refusal_of(workbook(sheet))[0] == "bad_workbook"


def test_a_cell_far_to_the_right_costs_no_room() -> None:
    assert refusal_of(workbook('<row><c r="XFD1"><v>1</v></c></row>'))[0] == "too_many_columns"


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), min_size=1, max_size=5))
def test_every_text_that_we_write_into_a_workbook_comes_back(cells: list[str]) -> None:
    file = b"".join(workbook_pieces([cells, ["end"]]))

    with_csv_line_ends = [[cell.replace("\r\n", "\n").replace("\r", "\n") for cell in line] for line in table_of(file)]

    assert with_csv_line_ends[0] == [cell.replace("\r\n", "\n").replace("\r", "\n") for cell in cells]


def test_numbers_and_times_that_we_write_come_back() -> None:
    cells = [7, 0.25, True, 10**17, None, datetime(2026, 3, 2, 9, 4, 9), ("a", "b")]  # noqa: DTZ001 a clock's time

    assert table_of(b"".join(workbook_pieces([cells]))) == [
        ["7", "0.25", "true", str(10**17), "", "2026-03-02 09:04:09", "a b"]
    ]


def test_a_workbook_whose_rows_break_off_is_none() -> None:
    def breaking() -> Iterator[list[str]]:
        yield from ([f"row {n}"] for n in range(2_000))
        raise ConnectionError

    pieces: list[bytes] = []
    with pytest.raises(ConnectionError):
        pieces.extend(workbook_pieces(breaking()))

    assert len(pieces) > 2
    assert refusal_of(b"".join(pieces))[0] == "bad_workbook"


def test_a_workbook_of_long_rows_is_announced_as_huge_and_read_all_the_same() -> None:
    long = [[f"{n}" + "x" * 3_000] for n in range(600)]

    file = b"".join(workbook_pieces(long))

    assert table_of(file) == long
