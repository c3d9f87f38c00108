"""Writes the answers of a file, one of each number, beside the content in force of a list of kind reassigned."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Engine, Row

from orchestrator.contact_files.contact_rows import ContactForm, ContactProblem
from orchestrator.contact_files.csv_header import Header, unusable
from orchestrator.contact_files.csv_rows import Row as CsvRow
from orchestrator.contact_files.file_account import FileAccount
from orchestrator.errors import Conflict
from orchestrator.policy.lists.answer_row import ALIASES, FIELDS, NumberAnswer, RowProblem, read_answer
from orchestrator.store.sql import list_contents

_BATCH = 5_000


@dataclass
class ImportedContent(FileAccount):
    """What became of a file and its rows, and the list afterwards.

    `changed_since` counts the entries that were added or deleted one by one after `as_of`: they stay as they were made.
    """

    row: Row[Any] | None = None
    changed_since: int = 0


def given_up() -> Conflict:
    """Return the refusal of a load that was given up meanwhile."""
    return Conflict("load_given_up", "The file stood still for too long, or the list was deleted meanwhile.")


def answer_form(region: str | None) -> ContactForm:
    """Return how a file of answers is read."""
    return ContactForm(optional=FIELDS, region=region, aliases=ALIASES)


def check_columns(header: Header) -> None:
    """Raise InvalidInput for a file without the columns that every answer has."""
    missing = [name for name in ("since", "result") if name not in header.columns]
    if missing:
        named = " and ".join(f"`{name}`" for name in missing)
        example = f"map={missing[0]}:Header"
        raise unusable(
            "missing_column",
            f"no column is known as {named}; the header reads {', '.join(map(repr, header.names))}. Answers have the "
            f"columns phone, since, result (yes, no or no_data) and perhaps checked_at; say which it is with `map`, "
            f"such as {example}",
        )


def load_answers(
    sql: Engine,
    load: Row[Any],
    rows: Iterable[tuple[int, CsvRow]],
    region: str | None,
    done: ImportedContent,
    *,
    now: datetime,
) -> None:
    """Write the answers of `rows` to a load; where a number has several, a `yes` counts, else the one asked for last.

    Raises Conflict when the load was given up meanwhile.
    """
    numbered = iter(rows)
    while batch := list(islice(numbered, _BATCH)):
        answers: dict[str, NumberAnswer] = {}
        for number, row in batch:
            read = _read(number, row, region, done, as_of=load.as_of, now=now)
            if read and ((other := answers.get(read.number)) is None or read.outweighs(other)):
                answers[read.number] = read
        with sql.begin() as tx:
            if not list_contents.load_answers(tx, load.content, list(answers.values())):
                raise given_up()


def _read(
    number: int, row: CsvRow, region: str | None, done: ImportedContent, *, as_of: datetime, now: datetime
) -> NumberAnswer | None:
    done.rows += 1
    read = row if isinstance(row, ContactProblem) else read_answer(row, region, as_of=as_of, now=now)
    if isinstance(read, RowProblem):
        read = ContactProblem(read.code, read.field, read.detail)
    if isinstance(read, ContactProblem):
        done.refuse(number, read)
        return None
    done.accepted += 1
    return read
