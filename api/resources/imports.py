"""Imports: contacts from a file of any length."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from flask import Response
from pydantic import BaseModel, ConfigDict, Field

from api.http.etags import expected
from api.http.idempotency import fresh_id
from api.http.pagination import Page, PageQuery, cut_page, page_of
from api.http.responses import answer
from api.http.routes import Body, Resource
from api.http.table_responses import CSV, EXCEL_SAYS, XLSX, csv_answer
from api.http.upload_parameters import FileQuery, ProblemKind
from api.resources.campaigns import EDITED
from orchestrator.contact_files.byte_lines import WholeFile
from orchestrator.contact_files.export_columns import REJECT_COLUMNS, exported_name
from orchestrator.operations.campaigns.share_variables import share_values
from orchestrator.operations.contacts.import_contacts import ForEverybody, ImportOptions, import_contacts
from orchestrator.operations.contacts.manage_imports import (
    each_reject,
    find_import,
    list_imports,
    problem_kinds,
    withdraw_import,
)
from orchestrator.policy.timestamps import Moment
from orchestrator.policy.variables import is_blank
from orchestrator.services import Services
from orchestrator.store.sql.imports import first_rejects

resource = Resource("imports")

TABLES = (CSV, XLSX)
MOST_BYTES = 2 * 1024**3
_ERRORS_SHOWN = 100


class ImportQuery(FileQuery):
    """How to read the file."""

    dedupe: Literal["phone", "external_id"] | None = Field(
        None, description="What makes two rows one contact; left out: the external_id if a row has one, else the phone."
    )
    sheet: str | None = Field(
        None,
        min_length=1,
        max_length=100,
        description="The sheet of a workbook; left out: the first visible one with anything in it.",
    )


def options_of(query: ImportQuery) -> ImportOptions:
    """Return how the file is to be read, as the operations take it."""
    return ImportOptions(
        region=query.region, dedupe=query.dedupe, mapping=query.map, encoding=query.encoding, sheet=query.sheet
    )


class RejectView(BaseModel):
    """A row that was not imported; the header is row 1."""

    row: int
    status: Literal["duplicate", "invalid"]
    code: str
    detail: str


class ReadColumn(BaseModel):
    """A column by its header, and its target: a field of the contact, a variable, or none."""

    header: str
    fills: str | None


class ReadAs(BaseModel):
    """How a file was read; `header_row` counts as a spreadsheet does, rows of `unknown` encoding are ASCII only.

    A workbook (`xlsx`) has no delimiter, but the `sheet` that was read and all visible `sheets`.
    """

    encoding: str
    delimiter: str | None
    sheet: str | None = None
    sheets: list[str] = []
    header_row: int
    columns: list[ReadColumn]


class ImportBrief(BaseModel):
    """An import in a list: how many rows it had, and what became of them."""

    id: str
    campaign_id: str
    status: Literal["running", "completed", "failed", "withdrawn"]
    rows: int
    accepted: int
    duplicates: int
    invalid: int
    error: dict[str, Any] | None
    created_at: Moment


class ImportView(ImportBrief):
    """An import; `problems` are its refused rows by kind, `errors` the first 100, invalid ones first.

    All of them are in rejects.csv. `read_as` is null for imports by earlier versions.
    """

    read_as: ReadAs | None
    problems: list[ProblemKind]
    errors: list[RejectView]


def _view(services: Services, row: Any) -> ImportView:
    with services.sql.connect() as tx:
        rejects = first_rejects(tx, row.id, limit=_ERRORS_SHOWN)
    errors = [RejectView.model_validate(reject, from_attributes=True) for reject in rejects]
    fields = {"read_as": row.params.get("read_as"), "problems": problem_kinds(row, sql=services.sql), "errors": errors}
    return ImportView.model_validate({**row._mapping, **fields})


@resource.route(
    "POST",
    "/v1/campaigns/{campaign_id}/imports",
    query=ImportQuery,
    body=Body(media=TABLES, max_bytes=MOST_BYTES, is_streamed=True),
    gives={201: ImportView},
    fails=(404, 409, 413, 415, 422),
)
def create(
    services: Services,
    campaign_id: str,
    query: ImportQuery,
    body: WholeFile,
    *,
    variables: Mapping[str, Any] | None = None,
) -> Response:
    """Import contacts from a CSV file or an Excel workbook (.xlsx).

    UTF-8, UTF-16 or surely Windows-1252, with `,` `;` `|` or tab; the answer says in `read_as` how it was read. One
    column for the phone, under a name that people give it (`phone`, `Mobile`, `Phone Number`, `MSISDN`, `Telefon` …),
    or named by `map`; optional `timezone`, `external_id`, `not_before`, `not_after`, `priority`. The other columns are
    variables, matched to the flow's inputs ignoring case and spaces. A title above the header and a line `sep=;` are
    skipped.
    A file that does not arrive whole is not read at all, nor is a workbook that is damaged. The answer comes when every
    row is written, after a minute or more for half a million; good rows are kept whatever the others are, and a
    campaign that runs dials them at once.
    """
    row = import_contacts(
        campaign_id,
        body,
        options=options_of(query),
        import_id=fresh_id("imp"),
        shared=_shared(services, campaign_id, variables) if variables else None,
        sql=services.sql,
        flows=services.flows,
        clock=services.clock,
    )
    return answer(_view(services, row), 201)


@resource.route(
    "GET",
    "/v1/campaigns/{campaign_id}/imports",
    query=page_of("imp_"),
    gives={200: Page[ImportBrief]},
    fails=(404, 422),
)
def index(services: Services, campaign_id: str, query: PageQuery) -> Page[ImportBrief]:
    """List the imports of a campaign, newest first."""
    rows = list_imports(campaign_id, after=query.after, limit=query.limit, sql=services.sql)
    return cut_page(rows, query, shape=lambda row: ImportBrief.model_validate(row, from_attributes=True))


@resource.route("GET", "/v1/imports/{import_id}", gives={200: ImportView}, fails=(404,))
def show(services: Services, import_id: str) -> ImportView:
    """Show an import; its counts grow while it runs."""
    return _view(services, find_import(import_id, sql=services.sql))


def _shared(services: Services, campaign_id: str, variables: Mapping[str, Any]) -> ForEverybody:
    """Return what everybody is to have as the web page says it: of the campaign as its form has shown it."""
    given = frozenset(name for name, value in variables.items() if not is_blank(value))
    seen: dict[str, Any] = {"expects": expected(EDITED), "flows": services.flows}
    return ForEverybody(given, lambda tx: share_values(tx, campaign_id, variables, **seen))


class RejectsQuery(BaseModel):
    """How to write the rows."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["csv", "excel"] = Field("csv", description=EXCEL_SAYS)


@resource.route(
    "GET", "/v1/imports/{import_id}/rejects.csv", query=RejectsQuery, gives={200: ("text/csv",)}, fails=(404, 422)
)
def rejects(services: Services, import_id: str, query: RejectsQuery) -> Response:
    """Download the rows that were not imported, with the reason and their own cells (at most 100,000).

    Once corrected, the file can be imported as it is: the columns of the reason are ignored, and every cell is read
    back unchanged. A column of the file with the name of one of these is prefixed with `variable_`.
    """
    columns = find_import(import_id, sql=services.sql).params.get("columns", [])
    rows = _reject_rows(services, import_id, columns)
    return csv_answer(rows, name=f"{import_id}-rejects.csv", for_excel=query.format == "excel")


@resource.route("DELETE", "/v1/imports/{import_id}", gives={200: ImportView}, fails=(404,))
def withdraw(services: Services, import_id: str) -> ImportView:
    """Withdraw an import: its contacts that were never dialed are canceled."""
    return _view(services, withdraw_import(import_id, sql=services.sql, client=services.redis, keys=services.keys))


def _reject_rows(services: Services, import_id: str, columns: list[str]) -> Iterator[list[Any]]:
    yield [*REJECT_COLUMNS, *(exported_name(column, REJECT_COLUMNS) for column in columns)]
    for reject in each_reject(import_id, sql=services.sql):
        yield [reject.row, reject.status, reject.code, reject.detail, *(reject.raw.get(name) for name in columns)]
