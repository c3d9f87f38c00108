"""CSV files as people's spreadsheets write them, whole and broken."""

from __future__ import annotations

import csv
import io
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.contact_files.byte_lines import byte_lines
from orchestrator.contact_files.contact_rows import ContactForm, ContactProblem
from orchestrator.contact_files.csv_rows import CsvRows, Row
from orchestrator.errors import InvalidInput

FORM = ContactForm(required=("first_name",))


def rows_of(text: str | bytes, form: ContactForm = FORM) -> list[tuple[int, Row]]:
    data = text.encode() if isinstance(text, str) else text
    return list(CsvRows(io.BytesIO(data), form))


def codes_of(text: str | bytes) -> dict[int, str]:
    """Return each row's problem code, or its phone."""
    return {row: cells.code if isinstance(cells, ContactProblem) else cells["phone"] for row, cells in rows_of(text)}


def refusal_of(data: bytes) -> str:
    with pytest.raises(InvalidInput) as refused:
        CsvRows(io.BytesIO(data), FORM)
    assert refused.value.errors[0]["detail"]
    return refused.value.code


def test_rows_are_numbered_as_a_spreadsheet_shows_them_and_keyed_by_what_they_fill() -> None:
    rows = rows_of("Phone,First Name,External ID,Time Zone,note\n+1a,Ann,7,,\n+1b,Bob,8,UTC,hi\n")

    assert rows == [
        (2, {"phone": "+1a", "first_name": "Ann", "external_id": "7", "timezone": "", "note": ""}),
        (3, {"phone": "+1b", "first_name": "Bob", "external_id": "8", "timezone": "UTC", "note": "hi"}),
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
def test_delimiter_line_ending_and_byte_order_mark_are_found_out(delimiter: str, newline: str, bom: bytes) -> None:
    text = newline.join([f"phone{delimiter}first_name", f'+1a{delimiter}"Zoë{delimiter} x"', ""])

    assert rows_of(bom + text.encode()) == [(2, {"phone": "+1a", "first_name": f"Zoë{delimiter} x"})]


def test_a_file_of_one_column_needs_no_delimiter_and_no_last_line_break() -> None:
    assert rows_of("phone\n+1a\n+1b") == [(2, {"phone": "+1a"}), (3, {"phone": "+1b"})]


def test_a_delimiter_inside_a_quoted_header_does_not_mislead() -> None:
    rows = rows_of('phone;"last, first, middle"\n+1a;x\n')

    assert rows == [(2, {"phone": "+1a", "last, first, middle": "x"})]


def test_cells_may_hold_line_breaks_and_doubled_quotes() -> None:
    rows = rows_of('phone,first_name\n+1a,"Ann\nof ""Elm""\nStreet"\n+1b,Bob\n')

    assert rows == [
        (2, {"phone": "+1a", "first_name": 'Ann\nof "Elm"\nStreet'}),
        (3, {"phone": "+1b", "first_name": "Bob"}),
    ]


def test_empty_lines_are_counted_but_are_no_rows() -> None:
    assert codes_of("phone\n\n+1a\r\n\r\n+1b\n") == {3: "+1a", 5: "+1b"}


def test_missing_cells_and_empty_ones_too_many_are_forgiven() -> None:
    assert rows_of("phone,first_name\n+12025550101\n+12025550102,Bob,,\n") == [
        (2, {"phone": "+12025550101"}),
        (3, {"phone": "+12025550102", "first_name": "Bob"}),
    ]


def test_a_row_with_cells_too_many_is_told_because_its_values_may_have_shifted() -> None:
    assert codes_of("phone,first_name\n+1a,Smith, Ann\n+1b,Bob\n") == {2: "too_many_cells", 3: "+1b"}


class TestBrokenQuotes:
    def test_a_quote_that_never_closes_costs_its_own_row_only(self) -> None:
        assert codes_of('phone,first_name\n+1a,Ann\n+1b,"Bob\n+1c,Cat\n+1d,Dan\n') == {
            2: "+1a",
            3: "broken_quote",
            4: "+1c",
            5: "+1d",
        }

    def test_two_such_rows_do_not_swallow_the_one_between_them(self) -> None:
        assert codes_of('phone,first_name\n+1b,"Bob\n+1c,Cat\n+1d,"Dan\n+1e,Eve\n') == {
            2: "broken_quote",
            3: "+1c",
            4: "broken_quote",
            5: "+1e",
        }

    def test_text_after_a_closing_quote_is_told(self) -> None:
        assert codes_of('phone,first_name\n+1a,"Ann" x\n+1b,Bob\n') == {2: "broken_quote", 3: "+1b"}

    def test_a_quote_in_the_middle_of_a_cell_is_just_a_character(self) -> None:
        assert rows_of('phone,first_name\n+1a,5" pipe\n') == [(2, {"phone": "+1a", "first_name": '5" pipe'})]

    def test_the_row_and_its_line_are_named(self) -> None:
        ((_, problem),) = rows_of('phone,first_name\n+1b,"Bob')

        assert isinstance(problem, ContactProblem)
        assert "line 2" in problem.detail

    def test_a_stray_quote_does_not_make_the_reader_look_ahead_for_ever(self) -> None:
        data = 'phone,first_name\n+1a,"Ann\n' + "+1b,Bob\n" * 5000 + '+1c,"Cat"\n'

        codes = codes_of(data)

        assert len(codes) == 5002
        assert [row for row, code in codes.items() if code == "broken_quote"] == [2]


class TestEncodings:
    def test_a_row_in_another_encoding_is_told_with_its_byte_and_line(self) -> None:
        data = b"phone,first_name\n+1a,Ann\n" + "+1b,Zoë\n".encode("latin-1") + "+1c,Zoé\n".encode()

        rows = dict(rows_of(data))

        problem = rows[3]
        assert isinstance(problem, ContactProblem)
        assert problem.code == "not_utf8"
        assert f"byte {data.index(0xEB)}" in problem.detail
        assert "line 3" in problem.detail
        assert rows[4] == {"phone": "+1c", "first_name": "Zoé"}

    def test_a_header_in_an_unknown_encoding_is_refused_as_a_whole(self) -> None:
        assert refusal_of("phone,prénom\n+1a,Ann\n".encode("mac_roman")) == "not_utf8"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty_file"),
        (b"\n\n", "empty_file"),
        (b"\xef\xbb\xbf", "empty_file"),
        (b"\x00\x01\x02", "not_csv"),
        (b"number,name\n+1a,Ann\n", "missing_column"),
        (b"+12125550123,Ann\n", "missing_column"),
        (b"phone,Phone\n+1a,+1b\n", "duplicate_column"),
        (b"phone,First Name,first_name\n", "duplicate_column"),
        (b"x" * 70_000, "line_too_long"),
        (b"phone" + b",x" * 5, "duplicate_column"),
        (b"phone," + b",".join(b"c%d" % n for n in range(300)), "too_many_columns"),
    ],
)
def test_a_file_whose_header_cannot_be_used_is_refused_as_a_whole(data: bytes, code: str) -> None:
    assert refusal_of(data) == code


def test_a_very_long_line_is_one_bad_row() -> None:
    assert codes_of("phone,first_name\n+1a," + "x" * 300_000 + "\n+1b,Bob\n") == {2: "line_too_long", 3: "+1b"}


def test_a_last_line_too_long_is_told_too() -> None:
    assert codes_of("phone,first_name\n+1a," + "x" * 300_000) == {2: "line_too_long"}


class _Endless:
    """A file that is made while it is read."""

    def __init__(self, rows: int) -> None:
        self._rows = rows
        self.seek(0)

    def seek(self, offset: int, /) -> int:
        self._left = self._rows
        self._header = b"phone,first_name\n"
        return offset

    def read(self, size: int, /) -> bytes:  # noqa: ARG002 any piece will do
        header, self._header = self._header, b""
        count = min(self._left, 500)
        self._left -= count
        return header + b'+12125550123,"Ann, of Elm"\n' * count


def test_memory_stays_flat_however_many_rows_there_are() -> None:
    def peak(rows: int) -> int:
        tracemalloc.start()
        assert sum(1 for _ in CsvRows(_Endless(rows), FORM)) == rows
        top = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return top

    assert peak(30_000) < 1.5 * peak(3_000)


class _Trickle:
    def __init__(self, data: bytes, sizes: list[int]) -> None:
        self._file, self._sizes = io.BytesIO(data), sizes

    def read(self, size: int, /) -> bytes:
        return self._file.read(self._sizes.pop() if self._sizes else size)


@given(st.binary(max_size=200).map(lambda b: b.replace(b"x", b"\n")), st.lists(st.integers(1, 20)), st.integers(3, 30))
def test_lines_and_their_places_do_not_depend_on_how_the_bytes_arrive(
    data: bytes, sizes: list[int], longest: int
) -> None:
    lines = list(byte_lines(_Trickle(data, sizes), longest=longest))

    expected = [line + b"\n" for line in data.split(b"\n")[:-1]] + ([last] if (last := data.split(b"\n")[-1]) else [])
    assert [line.number for line in lines] == list(range(1, len(expected) + 1))
    for line, text in zip(lines, expected, strict=True):
        assert data[line.offset : line.offset + len(text)] == text
        assert line.data == (text if len(text.removesuffix(b"\n")) <= longest else None)


_CELL = st.text(alphabet=st.sampled_from('ab,;"\n \u00eb\u2028'), max_size=6)


def _is_seen(cells: list[str]) -> bool:
    return any(cell.strip() for cell in cells)


@given(
    st.lists(st.lists(_CELL, min_size=2, max_size=2).filter(_is_seen), max_size=6),
    st.sampled_from([",", ";", "\t", "|"]),
)
def test_what_a_csv_writer_wrote_is_read_back(table: list[list[str]], delimiter: str) -> None:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(
        [["phone", "first_name"], *table]
    )

    rows = [cells for _, cells in rows_of(out.getvalue())]

    assert rows == [{"phone": phone, "first_name": name} for phone, name in table]


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    for row, cells in rows_of(b"phone,first_name\n" + data):
        assert row >= 2
        assert isinstance(cells, dict | ContactProblem)


class _LineWithoutEnd:
    """A line that never ends, and how much of it was taken since its start."""

    def __init__(self, head: bytes, most: int) -> None:
        self._whole = head, most
        self.seek(0)

    def seek(self, offset: int, /) -> int:
        (self._head, self.left), self.taken = self._whole, 0
        return offset

    def read(self, size: int, /) -> bytes:
        piece = (self._head + b"x" * size)[: min(size, self.left)]
        self._head, self.left, self.taken = b"", self.left - len(piece), self.taken + len(piece)
        return piece


def test_a_header_without_an_end_is_refused_at_64_kb() -> None:
    file = _LineWithoutEnd(b"phone,", 50_000_000)

    with pytest.raises(InvalidInput, match="line 1 is longer than 65536 bytes") as refused:
        CsvRows(file, ContactForm())

    assert refused.value.code == "line_too_long"
    assert file.taken <= 2 * 65_536


@pytest.mark.parametrize("start", [b"phone,name\n+12125550123,", b'phone,name\n+12125550123,"'])
def test_a_line_without_an_end_is_refused_at_64_kb_with_its_number(start: bytes) -> None:
    file = _LineWithoutEnd(start, 50_000_000)
    rows = iter(CsvRows(file, ContactForm()))

    number, problem = next(rows)

    assert (number, isinstance(problem, ContactProblem) and problem.code) == (2, "line_too_long")
    assert isinstance(problem, ContactProblem) and problem.detail == "line 2 is longer than 65536 bytes"
    assert file.taken <= 3 * 65_536


def test_a_line_without_an_end_is_passed_over_in_flat_memory() -> None:
    file = _LineWithoutEnd(b"phone,name\n+12125550123,", 20_000_000)
    rows = iter(CsvRows(file, ContactForm()))
    tracemalloc.start()

    rest = list(rows)

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (len(rest), file.left) == (1, 0)
    assert peak < 1_000_000


def test_the_rows_after_a_line_that_was_too_long_keep_their_numbers() -> None:
    lines = [b"phone,name", b"+12125550123," + b"x" * 200_000, b"+12125550124,Ann", b"+12125550125," + b"y" * 70_000]
    rows = list(CsvRows(io.BytesIO(b"\n".join(lines)), ContactForm()))

    assert [number for number, _ in rows] == [2, 3, 4]
    assert rows[1][1] == {"phone": "+12125550124", "name": "Ann"}


def test_a_quote_without_an_end_is_told_with_its_line_and_costs_no_other() -> None:
    lines = [b"phone,name", b'+12125550123,"open', *(b"+12125550124,%d" % n for n in range(300))]

    rows = list(CsvRows(io.BytesIO(b"\n".join(lines)), ContactForm()))

    assert isinstance(rows[0][1], ContactProblem) and "line 2" in rows[0][1].detail
    assert len(rows) == 301 and all(isinstance(row, dict) for _, row in rows[1:])


@pytest.mark.parametrize(
    "text",
    [
        "phone,first_name,,,\r\n+12025550123,Ann,,,\r\n,,,,\r\n,,,,\r\n\r\n",
        "phone,first_name\r\n+12025550123,Ann\r\n \r\n  , \r\n",
        'phone;first_name\n+12025550123;Ann\n;\n"";""\n\u00a0;\u200b\n\t\n',
        "phone,first_name\n+12025550123,Ann,\u00a0,\n",
    ],
)
def test_blank_rows_and_columns_are_neither_contacts_nor_errors(text: str) -> None:
    assert rows_of(text) == [(2, {"phone": "+12025550123", "first_name": "Ann"})]


def test_a_value_under_no_column_is_told() -> None:
    assert codes_of("phone,first_name,,\n+12025550123,Smith, Ann,\n+12025550124,Bob,,\n") == {
        2: "too_many_cells",
        3: "+12025550124",
    }


def test_a_row_torn_by_a_line_break_without_quotes_is_told_with_its_rest() -> None:
    codes = codes_of("phone,street,city\n+12025550123,Elm\nStreet 5,Ulm\n+12025550124,Oak,Bonn\n")

    assert codes == {2: "torn_row", 3: "Street 5", 4: "+12025550124"}


def test_short_rows_of_a_spreadsheet_that_leaves_out_empty_cells_are_whole() -> None:
    assert codes_of("phone,street,city\n+12025550123,Elm\n+12025550124\n+12025550125,Oak,Bonn\n") == {
        2: "+12025550123",
        3: "+12025550124",
        4: "+12025550125",
    }


def test_a_line_break_of_another_kind_within_a_row_is_told() -> None:
    assert codes_of("phone\n+12025550123\r+12025550124\n+12025550125\n") == {2: "line_endings", 3: "+12025550125"}
    assert codes_of("phone\r+12025550123\n+12025550124\r+12025550125\r") == {2: "line_endings", 3: "+12025550125"}


def test_a_nul_is_text_that_is_told_later_and_breaks_no_other_row() -> None:
    assert codes_of("phone,first_name\n+12025550123,A\0n\n+12025550124,Bob\n") == {
        2: "+12025550123",
        3: "+12025550124",
    }


def test_a_cell_of_ten_megabytes_is_one_bad_row() -> None:
    text = f'phone,first_name\n+12025550123,"{"x" * 10_000_000}"\n+12025550124,Bob\n'

    assert codes_of(text) == {2: "line_too_long", 3: "+12025550124"}
