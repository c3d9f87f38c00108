"""Previews of imports: how a file would be read, before anybody of it is stored."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.http.routes import Body, Resource
from api.http.upload_parameters import ProblemKind
from api.resources.imports import MOST_BYTES, TABLES, ImportQuery, ReadColumn, options_of
from orchestrator.contact_files.byte_lines import WholeFile
from orchestrator.operations.contacts.preview_import import preview_import
from orchestrator.policy.roles import Role
from orchestrator.policy.timestamps import Moment
from orchestrator.policy.zones.contact_zones import Provenance
from orchestrator.policy.zones.timezone_source import TimezoneSource
from orchestrator.services import Services

resource = Resource("imports")


class PreviewedContact(BaseModel):
    """A contact as it would be stored; long texts are cut."""

    phone: str
    external_id: str | None
    timezone: str | None
    timezone_source: TimezoneSource | None
    region: str | None
    not_before: Moment | None
    not_after: Moment | None
    priority: int
    variables: dict[str, Any]


class PreviewedProblem(BaseModel):
    """Why a row would not be imported."""

    status: Literal["duplicate", "invalid"]
    code: str
    field: str | None
    detail: str


class PreviewedZone(BaseModel):
    """A time zone that must be open for a contact to be called, and how it is known."""

    model_config = ConfigDict(validate_by_alias=True, serialize_by_alias=True)

    name: str
    from_: Provenance = Field(alias="from")


class PreviewedRow(BaseModel):
    """One of the first rows: its contact, or what is wrong with it (a duplicate has both)."""

    row: int
    contact: PreviewedContact | None
    zones: list[PreviewedZone]
    problem: PreviewedProblem | None


class PreviewedKind(ProblemKind):
    """Rows that would be refused for the same reason, with the cells of the first by their headers."""

    example: dict[str, str] | None = Field(description="Null for a row that could not be cut into cells.")


class HeaderProblem(BaseModel):
    """Why an import would refuse the file without `map`."""

    code: str
    detail: str


class PreviewView(BaseModel):
    """How a file would be read. The counts are of the rows that were looked at: all of them if `is_whole`.

    `map` is what to send with the import: what was said, and what is proposed for columns whose names do not say it;
    null where nothing needs saying. Columns and rows are shown as they are read with it.
    """

    encoding: str | None
    delimiter: str | None
    sheet: str | None
    sheets: list[str]
    header_row: int | None
    columns: list[ReadColumn]
    map: str | None
    header_problem: HeaderProblem | None
    is_whole: bool
    bytes_read: int
    rows: int
    accepted: int
    duplicates: int
    invalid: int
    first_rows: list[PreviewedRow]
    problems: list[PreviewedKind]


@resource.route(
    "POST",
    "/v1/campaigns/{campaign_id}/imports/preview",
    query=ImportQuery,
    body=Body(media=TABLES, max_bytes=MOST_BYTES, is_streamed=True),
    gives={200: PreviewView},
    fails=(404, 409, 413, 415, 422),
    role=Role.VIEWER,
)
def preview(services: Services, campaign_id: str, query: ImportQuery, body: WholeFile) -> PreviewView:
    """Preview an import: columns, the first contacts, problems by kind; nobody is stored.

    A header without a known column for the phone is no error here: the column that holds numbers is proposed in
    `map`. At most 5,000 rows or 2 MB are read, and duplicates are told within them; who is in the campaign already is
    told by the import alone.
    """
    return preview_of(services, campaign_id, query, body)


def preview_of(
    services: Services, campaign_id: str, query: ImportQuery, body: WholeFile, *, given: Collection[str] = ()
) -> PreviewView:
    """Return the preview, as if the campaign gave the inputs `given` to everybody."""
    stores: dict[str, Any] = {"sql": services.sql, "flows": services.flows, "clock": services.clock}
    told = preview_import(campaign_id, body, options=options_of(query), given=given, **stores)
    return PreviewView.model_validate({**told.read_as, **{k: v for k, v in vars(told).items() if k != "read_as"}})
