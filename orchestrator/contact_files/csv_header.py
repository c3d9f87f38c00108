"""The header of a CSV file: which row it is, what delimits its cells, and what each column fills."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from orchestrator.contact_files.column_map import ColumnMap, key_of, wrong_map
from orchestrator.contact_files.contact_rows import ContactForm, column_for
from orchestrator.contact_files.csv_cells import BrokenRow, OpenQuote, split_row
from orchestrator.contact_files.export_columns import exported_columns
from orchestrator.contact_files.phone_columns import may_be_phone
from orchestrator.contact_files.spreadsheet import plain_cell
from orchestrator.errors import FieldError, InvalidInput
from orchestrator.policy.names import unseen_in, unspeakable_in
from orchestrator.policy.visible_text import visible

DELIMITERS = (",", ";", "\t", "|")
LOOKED_AT = 5  # rows at the top of a file: a title may precede the header
_SEPARATOR = re.compile(r'"?sep=(.)"?', re.IGNORECASE)
_NUMBER = re.compile(r"(?:\d[^\d\n]{0,3}){6}\d")
_MOST_COLUMNS = 200
_MOST_SHOWN = 30


@dataclass(frozen=True)
class Header:
    """`columns` are what each column fills, "" for one that fills nothing; `names` are as they are written.

    `row` is its number as a spreadsheet shows it, `index` its place among the rows that were looked at.
    """

    index: int
    row: int
    delimiter: str
    names: tuple[str, ...]
    columns: tuple[str, ...]


def declared_delimiter(text: str) -> str | None:
    """Return the delimiter that the first line `sep=;` of a spreadsheet declares."""
    match = _SEPARATOR.fullmatch(text.strip("\r\n"))
    return match[1] if match else None


def find_header(rows: Sequence[tuple[int, str]], form: ContactForm, mapped: ColumnMap, separator: str | None) -> Header:
    """Return the header among the first rows (numbers and texts) of a file; a title may precede it.

    Raises InvalidInput for none: no column or more than one that may be the phone, a column twice, too many.
    """
    marks = (separator,) if separator else DELIMITERS
    for index, (row, text) in enumerate(rows):
        delimiter, cells = _best_cut(text, marks, form, mapped)
        if index == 0 and (exported := exported_columns(cells, form)):
            return _exported_header(row, delimiter, cells, exported, mapped)
        if _phones(cells, form, mapped) and all(_is_title(above, delimiter) for _, above in rows[:index]):
            return _checked(index, row, delimiter, cells, form, mapped)
    raise _no_phone(rows[0][1], marks, form, mapped)


def _best_cut(text: str, marks: Sequence[str], form: ContactForm, mapped: ColumnMap) -> tuple[str, list[str]]:
    cuts = [(mark, header_cells(text, mark)) for mark in marks]
    return max(cuts, key=lambda cut: (bool(_phones(cut[1], form, mapped)), len(cut[1])))


def header_cells(text: str, delimiter: str) -> list[str]:
    """Return the names of columns, without what cannot be seen, and without unnamed ones at the end."""
    try:
        cells = [visible(plain_cell(visible(cell))) for cell in split_row(text, delimiter)]
    except (BrokenRow, OpenQuote):
        cells = [visible(cell) for cell in text.split(delimiter)]
    while cells and not cells[-1]:
        cells.pop()
    return [" ".join(cell.split()) for cell in cells]


def _phones(cells: Sequence[str], form: ContactForm, mapped: ColumnMap) -> list[str]:
    """Return the names of the columns that may be the phone: those the client names, else those known as such."""
    if "phone" in mapped.values():
        return [name for name in cells if mapped.get(key_of(name)) == "phone"]
    return [name for name in cells if key_of(name) not in mapped and _is_phone(name, form)]


def _is_phone(name: str, form: ContactForm) -> bool:
    return column_for(name, form) == "phone" or (may_be_phone(name) and not form.knows(name))


def _is_title(text: str, delimiter: str) -> bool:
    cells = [cell for cell in header_cells(text, delimiter) if cell]
    return len(cells) <= 1 and not any(_NUMBER.search(cell) for cell in cells)


def _checked(index: int, row: int, delimiter: str, cells: list[str], form: ContactForm, mapped: ColumnMap) -> Header:
    phones = _phones(cells, form, mapped)
    if len(phones) > 1:
        raise unusable("duplicate_column", _which_phone(phones))
    columns = [_fills(name, phones[0], form, mapped) for name in cells]
    _check_map(cells, mapped)
    _check_columns(cells, columns)
    return Header(index, row, delimiter, tuple(cells), tuple(columns))


def _exported_header(row: int, delimiter: str, cells: list[str], exported: list[str], mapped: ColumnMap) -> Header:
    columns = [mapped.get(key_of(name)) or column for name, column in zip(cells, exported, strict=True)]
    _check_map(cells, mapped)
    _check_columns(cells, columns)
    return Header(0, row, delimiter, tuple(cells), tuple(columns))


def _fills(name: str, phone: str, form: ContactForm, mapped: ColumnMap) -> str:
    if name == phone:
        return "phone"
    return mapped.get(key_of(name)) or column_for(name, form)


def _check_map(cells: Sequence[str], mapped: ColumnMap) -> None:
    keys = {key_of(name) for name in cells}
    missing = [field for key, field in mapped.items() if key not in keys]
    if missing:
        raise wrong_map(
            f"no column has the header that {_quoted(missing)} is mapped to; the header reads {_quoted(cells)}"
        )


def _check_columns(cells: Sequence[str], columns: Sequence[str]) -> None:
    twice = [column for column, count in Counter(filter(None, columns)).items() if count > 1]
    if twice:
        names = [name for name, column in zip(cells, columns, strict=True) if column == twice[0]]
        hint = f"rename one, or map it to another name with `map`, such as map=other_{twice[0]}:Header"
        raise unusable("duplicate_column", f"the columns {_quoted(names)} both give {twice[0]!r}; {hint}")
    unseen = next((found for column in columns if (found := unseen_in(column))), None)
    if unseen:
        raise unusable("bad_character", f"the name of a column holds {unseen}; the header reads {_quoted(cells)}")
    if sum(map(bool, columns)) > _MOST_COLUMNS:
        raise unusable("too_many_columns", f"more than {_MOST_COLUMNS} columns")


def _which_phone(names: Sequence[str]) -> str:
    if len(set(names)) < len(names):
        return f"{len(names)} columns are named {names[0]!r}; rename all but the one to be dialed"
    return f"the columns {_quoted(names)} could each be the phone; say which with `map`, such as map=phone:{names[0]}"


def _no_phone(text: str, marks: Sequence[str], form: ContactForm, mapped: ColumnMap) -> InvalidInput:
    _, cells = _best_cut(text, marks, form, mapped)
    if "phone" in mapped.values():
        _check_map(cells, mapped)
    reads = _quoted(cells) or "nothing"
    name = next((cell for cell in cells if cell), "Header")
    if unspeakable_in(text):
        return unusable("not_csv", "the file is no text; save the table as CSV UTF-8")
    if any(_NUMBER.search(cell) for cell in cells):
        return unusable("missing_column", f"the first row must name the columns, one of them `phone`; it reads {reads}")
    return unusable(
        "missing_column",
        f"no column is known as the phone; the header reads {reads}. Rename the column with the numbers to `phone`, "
        f"or say which it is with `map`, such as map=phone:{name}",
    )


def _quoted(names: Sequence[str]) -> str:
    shown = ", ".join(repr(name[:80]) for name in names[:_MOST_SHOWN])
    return f"{shown} and {len(names) - _MOST_SHOWN} more" if len(names) > _MOST_SHOWN else shown


def unusable(code: str, detail: str) -> InvalidInput:
    """Return the refusal of a file as a whole."""
    return InvalidInput([FieldError("", code, detail)], code=code)
