"""Previews an import: how a file would be read and who would be in the campaign; nothing is stored."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from itertools import islice
from typing import Any

from sqlalchemy import Engine

from orchestrator.clock import Clock
from orchestrator.contact_files.byte_lines import WholeFile
from orchestrator.contact_files.contact_rows import ContactForm, ContactProblem, NewContact
from orchestrator.contact_files.csv_rows import CsvRows, top_names
from orchestrator.contact_files.csv_rows import Row as CsvRow
from orchestrator.contact_files.file_head import FileHead
from orchestrator.contact_files.problem_kinds import ProblemKinds
from orchestrator.contact_files.proposed_map import proposed_inputs, proposed_phone, with_pair
from orchestrator.contact_files.workbook_table import TextTable, as_text, begins_like_workbook
from orchestrator.errors import InvalidInput
from orchestrator.operations.contacts.import_contacts import ImportOptions, contact_of, naming_sheets, read_as
from orchestrator.operations.contacts.upload_target import UploadTarget, upload_target_of
from orchestrator.store.sql.contact_staging import Dedupe
from orchestrator.store.sql.flow_cache import FlowCache

_MOST_BYTES = 2 * 1024**2
_MOST_ROWS = 5_000
_ABOVE = 100  # rows of a sheet that may stand empty, or above its header
_SHOWN = 5
_LONGEST_SHOWN = 200  # of a cell
_OF_HEADERS = frozenset({"missing_column", "duplicate_column"})


@dataclass
class Preview:
    """How a file would be read, and what became of the rows that were looked at.

    `map` is what to send with the import: what the client said, and what is proposed; None where nothing needs saying.
    """

    read_as: dict[str, Any]
    map: str | None
    header_problem: dict[str, str] | None
    rows: int = 0
    accepted: int = 0
    duplicates: int = 0
    invalid: int = 0
    first_rows: list[dict[str, Any]] = field(default_factory=list)
    problems: list[dict[str, Any]] = field(default_factory=list)
    is_whole: bool = True
    bytes_read: int = 0


def preview_import(
    campaign_id: str,
    file: WholeFile,
    *,
    options: ImportOptions,
    given: Collection[str] = (),
    sql: Engine,
    flows: FlowCache,
    clock: Clock,
) -> Preview:
    """Return what an import of `file` would do; a long file is read in part, and the preview says so.

    `given` names inputs that the campaign is to give to everybody before the import. A header that an import refuses is
    read as proposed. Raises InvalidInput for a file that is no table and for a map that names no column, Conflict for a
    campaign that has ended.
    """
    place = upload_target_of(campaign_id, sql=sql, flows=flows, clock=clock).in_region(options.region).giving(given)
    with _opened(file, options) as (table, head):
        return _previewed(table, head, place, options)


def _previewed(table: TextTable, head: FileHead, place: UploadTarget, options: ImportOptions) -> Preview:
    options, form = replace(options, encoding=table.encoding), place.form
    try:
        with naming_sheets(table):
            rows, refused = _rows(head, form, options), None
    except InvalidInput as err:
        if err.code not in _OF_HEADERS:
            raise
        mapping = proposed_phone(head, form, mapping=options.mapping, encoding=options.encoding)
        if mapping is None:
            return _unread(table, head, err)
        options, refused = replace(options, mapping=mapping), err
        rows = _rows(head, form, options)
    names, columns = rows.header.names, rows.header.columns
    for wanted, header in proposed_inputs(names, columns, form, mapping=options.mapping).items():
        options = replace(options, mapping=with_pair(options.mapping, wanted, header))
    rows = _rows(head, form, options)
    preview = Preview(read_as(rows, table), options.mapping, _told(refused) if refused else None)
    preview = _judged(preview, rows, head, place, options.dedupe)
    preview.is_whole = preview.is_whole and table.is_whole
    return preview


@contextmanager
def _opened(file: WholeFile, options: ImportOptions) -> Iterator[tuple[TextTable, FileHead]]:
    """Yield the table and its beginning; a text of any length is not read to its end, a workbook has to be whole."""
    head = FileHead(file, size=_MOST_BYTES)
    if options.sheet is None and not begins_like_workbook(head.read(4)):
        yield TextTable(head, options.encoding), head
        return
    with as_text(file, encoding=options.encoding, sheet=options.sheet, most_rows=_MOST_ROWS + _ABOVE) as table:
        yield table, FileHead(table.file, size=_MOST_BYTES)


def _rows(head: FileHead, form: ContactForm, options: ImportOptions) -> CsvRows:
    return CsvRows(head, form, mapping=options.mapping, encoding=options.encoding)


def _unread(table: TextTable, head: FileHead, refused: InvalidInput) -> Preview:
    columns = [{"header": name, "fills": None} for name in top_names(head, encoding=table.encoding)]
    shape = {"encoding": None, "delimiter": None, "header_row": None, "columns": columns}
    sheets = {"sheet": table.sheet, "sheets": list(table.sheets)}
    is_whole = head.is_whole and table.is_whole
    return Preview({**shape, **sheets}, None, _told(refused), is_whole=is_whole, bytes_read=head.bytes_read)


def _told(refused: InvalidInput) -> dict[str, str]:
    return {"code": refused.code, "detail": refused.errors[0]["detail"]}


def _judged(preview: Preview, rows: CsvRows, head: FileHead, place: UploadTarget, dedupe: Dedupe | None) -> Preview:
    account = _Account(preview, place, headers=_headers_by_column(preview.read_as))
    was_cut = False
    for number, row in islice(rows, _MOST_ROWS + 1):
        was_cut = head.is_over or preview.rows == _MOST_ROWS
        if was_cut:
            break
        account.enter(number, row, contact_of(row, place.form, dedupe), dedupe)
    preview.problems = account.problems()
    preview.is_whole, preview.bytes_read = head.is_whole and not was_cut, head.bytes_read
    return preview


def _headers_by_column(shape: Mapping[str, Any]) -> dict[str, str]:
    return {column["fills"]: column["header"] for column in shape["columns"] if column["fills"]}


class _Account:
    """Counts rows, and keeps an example of each kind of problem."""

    def __init__(self, preview: Preview, place: UploadTarget, *, headers: Mapping[str, str]) -> None:
        self._preview, self._place, self._headers = preview, place, headers
        self._kinds = ProblemKinds()
        self._examples: dict[int, dict[str, Any]] = {}
        self._known: set[tuple[str, str]] = set()

    def enter(self, number: int, row: CsvRow, contact: NewContact | ContactProblem, dedupe: Dedupe | None) -> None:
        preview = self._preview
        problem = self._problem_of(contact, dedupe)
        preview.rows += 1
        preview.accepted += problem is None
        preview.duplicates += problem is not None and problem["status"] == "duplicate"
        preview.invalid += problem is not None and problem["status"] == "invalid"
        if problem and self._kinds.add(
            number, status=problem["status"], code=problem["code"], of=problem["field"] or ""
        ):
            self._examples[number] = {"detail": problem["detail"], "example": self._cells(row)}
        if len(preview.first_rows) < _SHOWN:
            told = self._told_of(contact) if isinstance(contact, NewContact) else {"contact": None, "zones": []}
            preview.first_rows.append({"row": number, **told, "problem": problem})

    def _told_of(self, contact: NewContact) -> dict[str, Any]:
        zones = sorted(self._place.binding_zones_of(contact).items())
        return {"contact": _shown(contact), "zones": [{"name": name, "from": source} for name, source in zones]}

    def problems(self) -> list[dict[str, Any]]:
        return [{**kind, **self._examples[kind["rows"][0]]} for kind in self._kinds.as_json()]

    def _problem_of(self, contact: NewContact | ContactProblem, dedupe: Dedupe | None) -> dict[str, Any] | None:
        if isinstance(contact, ContactProblem):
            return {"status": "invalid", **asdict(contact), "field": contact.field or None}
        key = _key(contact, dedupe)
        if key in self._known:
            detail = "a row above is the same contact"
            return {"status": "duplicate", "code": "duplicate", "field": None, "detail": detail}
        self._known.add(key)
        return None

    def _cells(self, row: CsvRow) -> dict[str, str] | None:
        if isinstance(row, ContactProblem):
            return None
        return {self._headers.get(column, column): cell[:_LONGEST_SHOWN] for column, cell in row.items()}


def _key(contact: NewContact, dedupe: Dedupe | None) -> tuple[str, str]:
    """Return what makes two rows one contact."""
    by_id = contact.external_id if dedupe != "phone" else None
    return ("external_id", by_id) if by_id else ("phone", contact.phone)


def _shown(contact: NewContact) -> dict[str, Any]:
    shown = {name: getattr(contact, name) for name in NewContact.__slots__}
    return {**shown, "variables": {name: _short(value) for name, value in contact.variables.items()}}


def _short(value: Any) -> Any:
    return value[:_LONGEST_SHOWN] if isinstance(value, str) else value
