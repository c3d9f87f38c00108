"""Replaces the content of a list by a file: written beside the one in force, and put in its place in one moment."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

import redis
from sqlalchemy import Connection, Engine, Row
from sqlalchemy.exc import SQLAlchemyError

from orchestrator.clock import Clock
from orchestrator.contact_files.byte_lines import WholeFile
from orchestrator.contact_files.contact_rows import ContactForm, ContactProblem
from orchestrator.contact_files.csv_rows import CsvRows
from orchestrator.contact_files.csv_rows import Row as CsvRow
from orchestrator.contact_files.file_account import ERRORS_KEPT
from orchestrator.errors import Conflict, FieldError, InvalidInput
from orchestrator.operations.lists.load_answers import (
    ImportedContent,
    answer_form,
    check_columns,
    given_up,
    load_answers,
)
from orchestrator.operations.lists.manage_lists import API, found
from orchestrator.operations.lists.take_effect import take_effect
from orchestrator.policy.lists.entry import prefix_lengths, read_entries
from orchestrator.policy.lists.list_fields import ListKind
from orchestrator.policy.phone.parse_phone import PhoneProblem
from orchestrator.policy.timestamps import format_timestamp
from orchestrator.store.redis.keys import Keys
from orchestrator.store.sql import list_contents, lists
from orchestrator.store.sql.expected_rows import Expects, whatever_it_is

log = logging.getLogger(__name__)

_BATCH = 5_000
_SMALLER = (
    "The file has {new} entries, the list {now}: less than half. If it is whole, send it with accept_smaller=true."
)


@dataclass(frozen=True)
class ListFile:
    """How to read a file of entries (as in `ImportOptions`), of what moment it speaks, who sends it and why.

    `as_of` None is the moment at which it is sent.
    """

    as_of: datetime | None = None
    region: str | None = None
    mapping: str | None = None
    encoding: str | None = None
    by: str = API
    because: str | None = None
    accept_smaller: bool = False
    accept_older: bool = False


def import_content(
    list_id: str,
    file: WholeFile,
    options: ListFile,
    *,
    expects: Expects = whatever_it_is,
    sql: Engine,
    client: redis.Redis,
    keys: Keys,
    clock: Clock,
) -> ImportedContent:
    """Let the entries of `file` be those of the list, all at once; until then, and if it breaks off, the old ones are.

    `expects` looks at the list before the file is read, and again at the moment of the change.

    Raises InvalidInput for a file that cannot be used and for a moment to come, Conflict for a file that is older than
    the content in force or has less than half of its entries, unless `options` accept that.
    """
    if options.as_of and options.as_of > clock():
        raise InvalidInput([FieldError("?as_of", "in_the_future", "write the moment at which the file was made")])
    with sql.begin() as tx:
        kind = ListKind(found(lists.find_list(tx, list_id), list_id).kind)
    form = answer_form(options.region) if kind is ListKind.REASSIGNED else ContactForm(region=options.region)
    rows = CsvRows(file, form, mapping=options.mapping, encoding=options.encoding)
    if kind is ListKind.REASSIGNED:
        check_columns(rows.header)
    with sql.begin() as tx:
        expects(found(lists.lock_list(tx, list_id), list_id)._mapping)
        load = list_contents.begin_load(tx, list_id, as_of=options.as_of, by=options.by)
    done = ImportedContent()
    try:
        if kind is ListKind.REASSIGNED:
            load_answers(sql, load, rows, options.region, done, now=max(clock(), load.as_of))
        else:
            _load(sql, load.content, rows, kind, options, done)
        _switch(sql, list_id, load.content, options, done, expects)
    except BaseException:
        _give_up(sql, load.content)
        raise
    take_effect(sql=sql, client=client, keys=keys)
    return done


def _load(
    sql: Engine,
    content: int,
    rows: Iterable[tuple[int, CsvRow]],
    kind: ListKind,
    options: ListFile,
    done: ImportedContent,
) -> None:
    numbered = iter(rows)
    while batch := list(islice(numbered, _BATCH)):
        entries: set[str] = set()
        for number, row in batch:
            entries.update(_read(number, row, kind, options.region, done))
        with sql.begin() as tx:
            if not list_contents.load_batch(tx, content, entries, lengths=prefix_lengths(entries)):
                raise given_up()


def _read(number: int, row: CsvRow, kind: ListKind, region: str | None, done: ImportedContent) -> tuple[str, ...]:
    done.rows += 1
    if isinstance(row, ContactProblem):
        done.refuse(number, row)
        return ()
    # One number too many on a list that keeps numbers out does no harm, and a refused row protects nobody.
    read = read_entries(row.get("phone", ""), region, every_reading=kind is not ListKind.ALLOW)
    if isinstance(read, PhoneProblem):
        done.refuse(number, ContactProblem(read.code, "phone", read.detail))
        return ()
    done.accepted += 1
    if len(read) > 1 and len(done.notes) < ERRORS_KEPT:
        detail = f"the cell may mean several numbers, all are on the list: {', '.join(read)}"
        done.notes.append((number, ContactProblem("several_numbers", "phone", detail)))
    return read


def _switch(
    sql: Engine, list_id: str, content: int, options: ListFile, done: ImportedContent, expects: Expects
) -> None:
    with sql.begin() as tx:
        lists.wait_for_claims(tx)
        before = found(lists.lock_list(tx, list_id), list_id)
        expects(before._mapping)
        load = list_contents.lock_load(tx, content)
        if load is None:
            raise given_up()
        _check_age(before, load, options)
        _check_size(before, load, options)
        done.changed_since = _keep_later_changes(tx, load)
        list_contents.put_in_force(tx, content, instead_of=before.content)
        lists.add_change(tx, list_id, "import", by=options.by, because=options.because, version=load.version)
        done.row = found(lists.find_list(tx, list_id), list_id)


def _check_age(before: Row[Any], load: Row[Any], options: ListFile) -> None:
    if before.as_of is not None and load.as_of < before.as_of and not options.accept_older:
        detail = (
            f"The list is as of {format_timestamp(before.as_of)}; a file of an earlier moment needs accept_older=true."
        )
        raise Conflict("older_content", detail)


def _check_size(before: Row[Any], load: Row[Any], options: ListFile) -> None:
    is_smaller = load.entries == 0 or load.entries * 2 < before.entries
    if is_smaller and before.kind != ListKind.ALLOW and not options.accept_smaller:
        raise Conflict("much_smaller", _SMALLER.format(new=load.entries, now=before.entries))


def _keep_later_changes(tx: Connection, load: Row[Any]) -> int:
    """Let what was added or deleted since the file was made stand as it was made; return how many entries that is."""
    later = list_contents.later_changes(tx, load.list_id, load.as_of)
    added = [number for number, is_added in later.items() if is_added]
    deleted = [number for number, is_added in later.items() if not is_added]
    list_contents.load_batch(tx, load.content, added, lengths=prefix_lengths(added))
    list_contents.unload(tx, load.content, deleted)
    return len(later)


def _give_up(sql: Engine, content: int) -> None:
    """Give up a load; without the database the sweeper does it."""
    try:
        with sql.begin() as tx:
            list_contents.fail_load(tx, content)
    except SQLAlchemyError as err:
        log.warning("what was loaded of a list is swept later: %s", type(err).__name__)
