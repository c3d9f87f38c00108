"""Imports: contacts from a CSV file of any length."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from flask import Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from api.answers import answer
from api.csv_answers import csv_answer
from api.idempotency import fresh_id
from api.routes import Body, Resource
from orchestrator.operations.find_imports import each_reject, find_import, first_rejects
from orchestrator.operations.import_contacts import ImportOptions, import_contacts
from orchestrator.operations.withdraw_import import withdraw_import
from orchestrator.policy.byte_lines import Readable
from orchestrator.policy.moments import Moment
from orchestrator.policy.phone import is_region
from orchestrator.wiring import House

resource = Resource("imports")

_MOST_BYTES = 2 * 1024**3


def _known_region(region: str) -> str:
    if not is_region(region):
        raise PydanticCustomError("unknown_region", "write a two-letter region such as US")
    return region


Region = Annotated[str, AfterValidator(_known_region), Field(json_schema_extra={"pattern": "^[A-Za-z]{2}$"})]


class ImportQuery(BaseModel):
    """How to read the file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    region: Region | None = Field(None, description="Where numbers without a country code belong.")
    dedupe: Literal["phone", "external_id"] | None = Field(
        None, description="What makes two rows one contact; left out: the external_id if a row has one, else the phone."
    )


class RejectView(BaseModel):
    """A row that was not imported; the header is row 1."""

    row: int
    status: Literal["duplicate", "invalid"]
    code: str
    detail: str


class ImportView(BaseModel):
    """An import; `errors` are its first 100 refused rows, invalid ones first. All stand in rejects.csv."""

    id: str
    campaign_id: str
    status: Literal["running", "completed", "failed", "withdrawn"]
    rows: int
    accepted: int
    duplicates: int
    invalid: int
    error: dict[str, Any] | None
    errors: list[RejectView]
    created_at: Moment


def _view(house: House, row: Any) -> ImportView:
    errors = [RejectView.model_validate(reject, from_attributes=True) for reject in first_rejects(house, row.id)]
    return ImportView.model_validate({**row._mapping, "errors": errors})


@resource.route(
    "POST",
    "/v1/campaigns/{campaign_id}/imports",
    query=ImportQuery,
    body=Body(media=("text/csv",), max_bytes=_MOST_BYTES, is_streamed=True),
    gives={201: ImportView},
    fails=(404, 409, 413, 415, 422),
)
def create(house: House, campaign_id: str, query: ImportQuery, body: Readable) -> Response:
    """Import contacts from a CSV file.

    UTF-8, with `,` `;` or tab. Column `phone`; optional `timezone`, `external_id`, `not_before`, `not_after`; the other
    columns are variables, matched to the flow's inputs ignoring case and spaces. A file that
    does not arrive whole is not read at all. The answer comes when every row is written, after a minute or more for
    half a million; good rows are kept whatever the others are, and a campaign that runs dials them at once.
    """
    options = ImportOptions(region=query.region, dedupe=query.dedupe)
    row = import_contacts(house, campaign_id, body, options=options, import_id=fresh_id("imp"))
    return answer(_view(house, row), 201)


@resource.route("GET", "/v1/imports/{import_id}", gives={200: ImportView}, fails=(404,))
def show(house: House, import_id: str) -> ImportView:
    """Show an import; its counts grow while it runs."""
    return _view(house, find_import(house, import_id))


@resource.route("GET", "/v1/imports/{import_id}/rejects.csv", gives={200: ("text/csv",)}, fails=(404,))
def rejects(house: House, import_id: str) -> Response:
    """Download the rows that were not imported, with the reason and their own cells (at most 100,000)."""
    columns = find_import(house, import_id).params.get("columns", [])
    return csv_answer(_reject_rows(house, import_id, columns), name=f"{import_id}-rejects.csv")


@resource.route("DELETE", "/v1/imports/{import_id}", gives={200: ImportView}, fails=(404,))
def withdraw(house: House, import_id: str) -> ImportView:
    """Withdraw an import: its contacts that were never dialed are canceled."""
    return _view(house, withdraw_import(house, import_id))


def _reject_rows(house: House, import_id: str, columns: list[str]) -> Iterator[list[Any]]:
    yield ["row", "status", "code", "detail", *columns]
    for reject in each_reject(house, import_id):
        yield [reject.row, reject.status, reject.code, reject.detail, *(reject.raw.get(name) for name in columns)]
