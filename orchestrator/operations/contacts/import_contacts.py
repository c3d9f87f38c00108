"""Imports a file of contacts into a campaign, read and written batch by batch, in flat memory."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Engine, Row

from orchestrator.clock import Clock
from orchestrator.contact_files.byte_lines import WholeFile
from orchestrator.contact_files.contact_rows import ContactForm, ContactProblem, NewContact, read_contact_row
from orchestrator.contact_files.csv_rows import CsvRows
from orchestrator.contact_files.csv_rows import Row as CsvRow
from orchestrator.contact_files.problem_kinds import ProblemKinds
from orchestrator.contact_files.workbook_table import XLSX, TextTable, as_text
from orchestrator.errors import Conflict, InvalidInput, OrchestratorError
from orchestrator.ids import new_id
from orchestrator.operations.contacts.manage_imports import find_import
from orchestrator.operations.contacts.upload_target import UploadTarget, hold_open, upload_target_of
from orchestrator.store.sql import imports
from orchestrator.store.sql.campaigns import add_zones
from orchestrator.store.sql.contact_staging import Dedupe, StagedContact, insert_contacts
from orchestrator.store.sql.flow_cache import FlowCache

BATCH = 1_000
_LONGEST_KEPT = 4_001  # of a cell: one more than a text may have
_REST_PER_WORK = 0.15  # of the time of a batch: a pause in which dialing has the database to itself (R23)

Numbered = tuple[int, CsvRow]


@dataclass(frozen=True)
class ImportOptions:
    """How a file is to be read: the region of national numbers, and what makes two rows the same contact.

    `mapping` says what columns fill (`column_map`); `encoding` is what the client says, None to find it out; `sheet` is
    that of a workbook, None for the first visible one.
    """

    region: str | None = None
    dedupe: Dedupe | None = None
    mapping: str | None = None
    encoding: str | None = None
    sheet: str | None = None


@dataclass(frozen=True)
class ForEverybody:
    """Values that all contacts of the campaign are to have: `keep` writes them with the first contact of the file.

    `given` are the inputs for which they are. Nothing of them stays of a file that brings nobody.
    """

    given: frozenset[str]
    keep: Callable[[Connection], None]


def import_contacts(
    campaign_id: str,
    file: WholeFile,
    *,
    options: ImportOptions,
    import_id: str,
    shared: ForEverybody | None = None,
    sql: Engine,
    flows: FlowCache,
    clock: Clock,
) -> Row[Any]:
    """Write every good row of `file` and return the import with its counts; written rows stay, whatever follows.

    `shared` are values that the file's contacts need; they stand from the first contact on.
    Raises InvalidInput for a file that cannot be used, Conflict for a campaign that has ended.
    """
    place = upload_target_of(campaign_id, sql=sql, flows=flows, clock=clock).in_region(options.region)
    with as_text(file, encoding=options.encoding, sheet=options.sheet) as table:
        return _import_table(place, table, options=options, import_id=import_id, shared=shared, sql=sql)


def _import_table(
    place: UploadTarget,
    table: TextTable,
    *,
    options: ImportOptions,
    import_id: str,
    shared: ForEverybody | None,
    sql: Engine,
) -> Row[Any]:
    form = place.giving(shared.given).form if shared else place.form
    with naming_sheets(table):
        rows = CsvRows(table.file, form, mapping=options.mapping, encoding=table.encoding)
    params = {
        "region": options.region,
        "dedupe": options.dedupe,
        "columns": [column for column in rows.header.columns if column],
        "read_as": read_as(rows, table),
    }
    with sql.begin() as tx:
        imports.insert_import(tx, import_id, place.campaign_id, params)
        hold_open(tx, place)
    try:
        _Importer(sql, place, form=form, import_id=import_id, dedupe=options.dedupe, shared=shared).write_all(rows)
    except BaseException as err:
        _close(sql, import_id, "failed", error={"code": _code(err), "detail": _detail(err)})
        raise
    _close(sql, import_id, "completed")
    return find_import(import_id, sql=sql)


@contextmanager
def naming_sheets(table: TextTable) -> Iterator[None]:
    """Say in the refusal of a header which sheet it is of, and what the others are."""
    try:
        yield
    except InvalidInput as err:
        if len(table.sheets) > 1 and err.code == "missing_column":
            others = ", ".join(repr(name) for name in table.sheets if name != table.sheet)
            err.errors[0]["detail"] += f"; read was the sheet {table.sheet!r}, choose another with `sheet`: {others}"
        raise


def read_as(rows: CsvRows, table: TextTable) -> dict[str, Any]:
    """Return how a file is read, as it is told."""
    header = rows.header
    columns = zip(header.names, header.columns, strict=True)
    return {
        "encoding": XLSX if table.sheet else rows.encoding.name,
        "delimiter": None if table.sheet else header.delimiter,
        "sheet": table.sheet,
        "sheets": list(table.sheets),
        "header_row": header.row,
        "columns": [{"header": name, "fills": column or None} for name, column in columns],
    }


def contact_of(row: CsvRow, form: ContactForm, dedupe: Dedupe | None) -> NewContact | ContactProblem:
    """Return the contact that a row says, or what is wrong with the row."""
    if isinstance(row, ContactProblem):
        return row
    contact = read_contact_row(row, form)
    if dedupe == "external_id" and isinstance(contact, NewContact) and contact.external_id is None:
        return ContactProblem("required", "external_id", "dedupe=external_id needs one in every row")
    return contact


class _Importer:
    """Writes the rows of one file."""

    def __init__(
        self,
        sql: Engine,
        place: UploadTarget,
        *,
        form: ContactForm,
        import_id: str,
        dedupe: Dedupe | None,
        shared: ForEverybody | None,
    ) -> None:
        self._sql, self._place, self._form = sql, place, form
        self._shared = shared
        self._import_id, self._dedupe = import_id, dedupe
        self._zones: set[str] = set()
        self._rejects_kept = 0
        self._kinds = ProblemKinds()
        self._pause = threading.Event()

    def write_all(self, rows: Iterable[Numbered]) -> None:
        for batch in filter(None, _batches(rows)):
            read = [(number, row, contact_of(row, self._form, self._dedupe)) for number, row in batch]
            began = time.monotonic()
            self._write(read)
            self._pause.wait(_REST_PER_WORK * (time.monotonic() - began))

    def _write(self, read: Sequence[tuple[int, CsvRow, NewContact | ContactProblem]]) -> None:
        staged = [
            StagedContact(new_id("con"), contact, self._place.zone_of(contact), number)
            for number, _, contact in read
            if isinstance(contact, NewContact)
        ]
        with self._sql.begin() as tx:
            if not imports.lock_running(tx, self._import_id):
                raise Conflict("import_withdrawn", "The import was withdrawn while it ran.", status="withdrawn")
            accepted = insert_contacts(
                tx,
                staged,
                campaign_id=self._place.campaign_id,
                import_id=self._import_id,
                dedupe=self._dedupe,
            )
            taken = {row.position for row in staged if row.contact_id in accepted}
            rejects = [_reject(number, row, contact) for number, row, contact in read if number not in taken]
            for number, _, contact in read:
                if number not in taken:
                    self._kinds.add(number, **_kind(contact))
            kept = rejects[: max(0, imports.REJECTS_KEPT - self._rejects_kept)]
            imports.insert_rejects(tx, self._import_id, kept)
            if accepted:
                self._keep_shared(tx)
            # It may have been canceled or changed since the batch before.
            hold_open(tx, self._place, contact_ids=accepted)
            zones = {row.zone for row in staged if row.contact_id in accepted} - self._zones
            add_zones(tx, self._place.campaign_id, list(zones))
            counts = _counts(len(read), len(accepted), rejects)
            imports.count_batch(tx, self._import_id, counts, problems=self._kinds.as_json())
        self._zones |= zones
        self._rejects_kept += len(kept)

    def _keep_shared(self, tx: Connection) -> None:
        """Write what everybody is to have with the first who needs it; it must stay while others are written."""
        if self._shared:
            self._shared.keep(tx)
            self._place = replace(self._place, given=self._place.given | self._shared.given)
            self._shared = None


def _batches(rows: Iterable[Numbered]) -> Iterator[list[Numbered]]:
    """Yield rows in lists; rows read before a file breaks off are yielded before its error is raised."""
    batch: list[Numbered] = []
    try:
        for row in rows:
            batch.append(row)
            if len(batch) == BATCH:
                yield batch
                batch = []
    except Exception:
        yield batch
        raise
    yield batch


def _counts(rows: int, accepted: int, rejects: Sequence[dict[str, Any]]) -> dict[str, int]:
    invalid = sum(reject["status"] == "invalid" for reject in rejects)
    return {"rows": rows, "accepted": accepted, "duplicates": len(rejects) - invalid, "invalid": invalid}


def _kind(contact: NewContact | ContactProblem) -> dict[str, str]:
    if isinstance(contact, NewContact):
        return {"status": "duplicate", "code": "duplicate", "of": ""}
    return {"status": "invalid", "code": contact.code, "of": contact.field}


def _reject(number: int, row: CsvRow, contact: NewContact | ContactProblem) -> dict[str, Any]:
    raw = _storable(row) if isinstance(row, dict) else {}
    if isinstance(contact, NewContact):
        detail = "the campaign has this contact already"
        return {"row": number, "status": "duplicate", "code": "duplicate", "detail": detail, "raw": raw}
    detail = f"{contact.field}: {contact.detail}" if contact.field else contact.detail
    return {"row": number, "status": "invalid", "code": contact.code, "detail": detail, "raw": raw}


def _storable(cells: dict[str, str]) -> dict[str, str]:
    """Return cells as they can be stored; a cell that is changed for it will be refused again."""
    return {name: text.replace("\0", "\x01")[:_LONGEST_KEPT] for name, text in cells.items()}


def _close(sql: Engine, import_id: str, status: str, *, error: dict[str, str] | None = None) -> None:
    with sql.begin() as tx:
        imports.close_import(tx, import_id, status=status, error=error)


def _detail(error: BaseException) -> str:
    """Return why an import failed; messages of a driver may quote rows, and go to the log alone."""
    return str(error) if isinstance(error, OrchestratorError) else "it broke here; the log says how"


def _code(error: BaseException) -> str:
    return str(getattr(error, "code", "failed")) if isinstance(error, OrchestratorError) else type(error).__name__
