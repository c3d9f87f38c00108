"""Suppressions: numbers that are not dialed, everywhere or in one campaign."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from flask import Response
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from api.answers import answer, nothing
from api.pages import Page, PageQuery, cut_page
from api.path_ids import form_of, has_form
from api.routes import Body, Resource
from orchestrator.operations.find_suppressions import check_scope, lift_suppression, list_suppressions
from orchestrator.operations.suppress_many import SuppressionDefaults, suppress_many
from orchestrator.operations.suppress_number import suppress_number
from orchestrator.policy.byte_lines import Readable
from orchestrator.policy.moments import Moment
from orchestrator.policy.names import all_seen
from orchestrator.policy.phone import WRITTEN_AS, PhoneProblem, is_region, read_phone
from orchestrator.wiring import House

resource = Resource("suppressions")

_MOST_BYTES = 512 * 1024**2


def _read_number(value: Any) -> str:
    read = read_phone(value) if isinstance(value, str) else PhoneProblem("not_a_number", "write it as text: +1…")
    if isinstance(read, PhoneProblem):
        raise PydanticCustomError(read.code, "{why}", {"why": read.detail})
    return read


def _read_scope(value: str) -> str:
    if value != "global" and not has_form("campaign_id", value):
        raise PydanticCustomError("unknown_scope", "write `global` or the id of a campaign")
    return value


def _read_region(value: str) -> str:
    if not is_region(value):
        raise PydanticCustomError("unknown_region", "write a two-letter region such as US")
    return value


Number = Annotated[str, BeforeValidator(_read_number), WithJsonSchema(WRITTEN_AS)]
Scope = Annotated[
    str, AfterValidator(_read_scope), Field(json_schema_extra={"pattern": f"^(global|{form_of('campaign_id')})$"})
]
Region = Annotated[str, AfterValidator(_read_region), Field(json_schema_extra={"pattern": "^[A-Za-z]{2}$"})]
Why = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), AfterValidator(all_seen)]


class NewSuppression(BaseModel):
    """A number not to be dialed, in every campaign or in one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    phone: Number
    scope: Scope = Field("global", description="`global` or the id of a campaign.")
    reason: Why = "requested"
    expires_at: Moment | None = None


class SuppressionView(BaseModel):
    """A suppression; `call_id` names the call whose flow asked for it."""

    id: str
    phone: str
    scope: str
    reason: str
    call_id: str | None
    expires_at: Moment | None
    created_at: Moment


class SuppressionQuery(PageQuery):
    """Which suppressions to list."""

    phone: Number | None = None
    scope: Scope | None = None


class LiftQuery(BaseModel):
    """Which suppression to lift."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    phone: Number
    scope: Scope = "global"


class SuppressionFileQuery(BaseModel):
    """What a row's empty cells mean."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    scope: Scope = Field("global", description="Of a CSV file only.")
    reason: Why = Field("imported", description="Of a CSV file only.")
    region: Region | None = Field(None, description="Of a CSV file only.")


class SuppressionError(BaseModel):
    """A row that was refused; the header is row 1."""

    row: int
    status: Literal["invalid"] = "invalid"
    code: str
    detail: str


class SuppressedFileView(BaseModel):
    """What became of a file; `errors` are the first 100 refused rows."""

    rows: int
    accepted: int
    invalid: int
    errors: list[SuppressionError]


def _view(row: Any) -> SuppressionView:
    return SuppressionView.model_validate(row, from_attributes=True)


@resource.route("POST", "/v1/suppressions", body=NewSuppression, gives={201: SuppressionView}, fails=(422,))
def create(house: House, body: NewSuppression) -> Response:
    """Suppress a number.

    After the answer it is not dialed any more within the scope; a call that is under way goes on. Sending a number
    again changes its reason and expiry.
    """
    check_scope(house, body.scope)
    row = suppress_number(house, body.phone, scope=body.scope, reason=body.reason, expires_at=body.expires_at)
    return answer(_view(row), 201)


@resource.route(
    "POST",
    "/v1/suppressions",
    query=SuppressionFileQuery,
    body=Body(media=("text/csv",), max_bytes=_MOST_BYTES, is_streamed=True),
    gives={200: SuppressedFileView},
    fails=(413, 415, 422),
)
def create_many(house: House, query: SuppressionFileQuery, body: Readable) -> SuppressedFileView:
    """Suppress the numbers of a CSV file: column `phone`; optional `scope`, `reason`, `expires_at`."""
    check_scope(house, query.scope)
    defaults = SuppressionDefaults(scope=query.scope, reason=query.reason, region=query.region)
    done = suppress_many(house, body, defaults)
    errors = [SuppressionError(row=number, code=p.code, detail=p.detail) for number, p in done.errors]
    return SuppressedFileView(rows=done.rows, accepted=done.accepted, invalid=done.invalid, errors=errors)


@resource.route("GET", "/v1/suppressions", query=SuppressionQuery, gives={200: Page[SuppressionView]}, fails=(422,))
def index(house: House, query: SuppressionQuery) -> Page[SuppressionView]:
    """List suppressions, newest first."""
    rows = list_suppressions(house, query.filters(), after=query.after, limit=query.limit)
    return cut_page(rows, query, shape=_view)


@resource.route("DELETE", "/v1/suppressions", query=LiftQuery, gives={204: None}, fails=(404, 422))
def lift(house: House, query: LiftQuery) -> Response:
    """Let a number be dialed again within a scope."""
    lift_suppression(house, {"phone": query.phone, "scope": query.scope})
    return nothing()


@resource.route("DELETE", "/v1/suppressions/{suppression_id}", gives={204: None}, fails=(404,))
def lift_by_id(house: House, suppression_id: str) -> Response:
    """Lift a suppression."""
    lift_suppression(house, {"id": suppression_id})
    return nothing()
