"""Suppressions: numbers that are not dialed, everywhere or in one campaign."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from flask import Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from api.http.by_whom import By, sender
from api.http.pagination import Page, PageQuery, cut_page
from api.http.path_ids import form_of, has_form
from api.http.phone_filters import ASKED_REGION, read_number
from api.http.responses import answer, nothing
from api.http.routes import Body, Resource
from api.http.upload_parameters import FileQuery, ProblemKind
from orchestrator.contact_files.byte_lines import WholeFile
from orchestrator.operations.contacts.find_suppressions import (
    Found,
    check_scope,
    find_suppression,
    lift_suppression,
    list_suppressions,
)
from orchestrator.operations.contacts.import_suppressions import SuppressionDefaults, suppress_many
from orchestrator.operations.contacts.suppress_number import suppress_number
from orchestrator.policy.names import all_seen
from orchestrator.policy.phone.field import AskedNumber, NumberOfRegion, Region
from orchestrator.policy.phone.phone_filter import read_number_parameter
from orchestrator.policy.timestamps import Moment
from orchestrator.services import Services
from orchestrator.store.sql.opt_outs import Change

resource = Resource("suppressions")

_MOST_BYTES = 512 * 1024**2


def _read_scope(value: str) -> str:
    if value != "global" and not has_form("campaign_id", value):
        raise PydanticCustomError("unknown_scope", "write `global` or the id of a campaign")
    return value


Scope = Annotated[
    str, AfterValidator(_read_scope), Field(json_schema_extra={"pattern": f"^(global|{form_of('campaign_id')})$"})
]
Why = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"\S"), AfterValidator(all_seen)
]


class NewSuppression(BaseModel):
    """A number not to be dialed, in every campaign or in one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    region: Region | None = Field(None, description="The country of a number without a country code.")
    phone: NumberOfRegion
    scope: Scope = Field("global", description="`global` or the id of a campaign.")
    reason: Why = "requested"
    by: By = sender()
    expires_at: Moment | None = Field(None, description="In the future; null: no expiry.")


class SuppressionRequestView(BaseModel):
    """One request to suppress a number; `call_id` names the call whose flow made it."""

    at: Moment = Field(validation_alias="asked_at")
    by: str = Field(validation_alias="asked_by")
    reason: str
    expires_at: Moment | None
    call_id: str | None


class SuppressionView(BaseModel):
    """A suppression; its `reason` is that of the first request, its end that of the longest.

    `history` lists every request, oldest first. A lifted one says by whom and why; `lifted_by` is `expiry` where it
    expired.
    """

    id: str
    phone: str
    scope: str
    status: Literal["in_force", "expired", "lifted"]
    reason: str
    call_id: str | None
    expires_at: Moment | None
    created_at: Moment
    lifted_at: Moment | None
    lifted_by: str | None
    because: str | None
    history: list[SuppressionRequestView]


class SuppressedView(SuppressionView):
    """The suppression in force, and how the request changed it."""

    change: Change


class SuppressionQuery(PageQuery):
    """Which suppressions to list."""

    ids = "sup_"

    phone: AskedNumber | None = None
    region: Region | None = Field(None, description=ASKED_REGION)
    scope: Scope | None = None
    include: Literal["lifted"] | None = Field(None, description="`lifted`: those lifted or expired as well.")

    def filters(self) -> dict[str, Any]:
        """Return the filters on the suppressions themselves."""
        return {name: value for name, value in super().filters().items() if name != "include"}


class LiftWords(BaseModel):
    """Who lifts a suppression, and why; both are stored."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    because: Why | None = Field(None, description="Why the number may be dialed again.")
    by: By = sender()


class LiftQuery(LiftWords):
    """Which suppression to lift."""

    phone: AskedNumber
    region: Region | None = Field(None, description="Where a number without a country code belongs.")
    scope: Scope = "global"


class SuppressionFileQuery(FileQuery):
    """What a row's empty cells mean, and how to read the file."""

    scope: Scope = Field("global", description="Of a CSV file only.")
    reason: Why = Field("imported", description="Of a CSV file only.")
    by: By = sender()


class SuppressionError(BaseModel):
    """A row that was refused; the header is row 1."""

    row: int
    status: Literal["invalid"] = "invalid"
    code: str
    detail: str


class SuppressionNote(BaseModel):
    """A row that was accepted with a remark; the header is row 1."""

    row: int
    status: Literal["accepted"] = "accepted"
    code: str
    detail: str


class SuppressedFileView(BaseModel):
    """The result of a file; `problems` are its refused rows by kind, `errors` the first 100.

    The numbers of `accepted` rows were `added`, or `lengthened` an existing suppression, or that was `kept` unchanged;
    a number that is repeated in the file counts as kept. Where a cell may mean several numbers (`030 12345/12346`), all
    of them are suppressed and counted, and `notes` are the first 100 such rows.
    """

    rows: int
    accepted: int
    added: int
    lengthened: int
    kept: int
    invalid: int
    problems: list[ProblemKind]
    errors: list[SuppressionError]
    notes: list[SuppressionNote]


def suppression_view(found: Found) -> SuppressionView:
    """Return a suppression as it is shown."""
    return SuppressionView.model_validate(_fields(found), from_attributes=True)


def _fields(found: Found) -> dict[str, Any]:
    return {**found.row._mapping, "history": found.requests}


@resource.route("POST", "/v1/suppressions", body=NewSuppression, gives={201: SuppressedView}, fails=(422,))
def create(services: Services, body: NewSuppression) -> Response:
    """Suppress a number.

    Once this has answered, it is not dialed within the scope; a call that still rings is hung up, an answered call goes
    on. Sending a number again only ever lengthens its suppression: the first reason stays, and the new request is added
    to the history.
    """
    check_scope(body.scope, sql=services.sql)
    words = {"reason": body.reason, "by": body.by}
    done = suppress_number(
        body.phone,
        scope=body.scope,
        expires_at=body.expires_at,
        **words,
        sql=services.sql,
        client=services.redis,
        keys=services.keys,
        clock=services.clock,
    )
    fields = {**_fields(done.found), "change": done.change}
    return answer(SuppressedView.model_validate(fields, from_attributes=True), 201)


@resource.route(
    "POST",
    "/v1/suppressions",
    query=SuppressionFileQuery,
    body=Body(media=("text/csv",), max_bytes=_MOST_BYTES, is_streamed=True),
    gives={200: SuppressedFileView},
    fails=(413, 415, 422),
)
def create_many(services: Services, query: SuppressionFileQuery, body: WholeFile) -> SuppressedFileView:
    """Suppress the numbers of a CSV file: column `phone`; optional `scope`, `reason`, `expires_at`.

    A row only ever lengthens the suppression of its number. The file is read like one of contacts.
    """
    check_scope(query.scope, sql=services.sql)
    defaults = SuppressionDefaults(
        scope=query.scope,
        reason=query.reason,
        region=query.region,
        by=query.by,
        mapping=query.map,
        encoding=query.encoding,
    )
    done = suppress_many(
        body, defaults, sql=services.sql, client=services.redis, keys=services.keys, clock=services.clock
    )
    errors = [SuppressionError(row=number, code=p.code, detail=p.detail) for number, p in done.errors]
    problems = [ProblemKind.model_validate(kind) for kind in done.problems()]
    counts = {"rows": done.rows, "accepted": done.accepted, "invalid": done.invalid}
    changes = {change.value: done.changes[change] for change in Change}
    notes = [SuppressionNote(row=number, code=p.code, detail=p.detail) for number, p in done.notes]
    return SuppressedFileView(**counts, **changes, problems=problems, errors=errors, notes=notes)


@resource.route("GET", "/v1/suppressions", query=SuppressionQuery, gives={200: Page[SuppressionView]}, fails=(422,))
def index(services: Services, query: SuppressionQuery) -> Page[SuppressionView]:
    """List suppressions, newest first."""
    past_too = query.include is not None
    campaign_id = query.scope if query.scope != "global" else None
    filters = read_number(services, query.filters(), "phone", campaign_id=campaign_id)
    rows = list_suppressions(filters, past_too=past_too, after=query.after, limit=query.limit, sql=services.sql)
    return cut_page(rows, query, shape=suppression_view)


@resource.route("DELETE", "/v1/suppressions", query=LiftQuery, gives={204: None}, fails=(404, 422))
def lift(services: Services, query: LiftQuery) -> Response:
    """Lift the suppression of a number within a scope; it stays in the history, with who, when and why."""
    phone = read_number_parameter(query.phone, query.region, name="phone")
    lift_suppression({"phone": phone, "scope": query.scope}, by=query.by, because=query.because, sql=services.sql)
    return nothing()


@resource.route("GET", "/v1/suppressions/{suppression_id}", gives={200: SuppressionView}, fails=(404,))
def show(services: Services, suppression_id: str) -> SuppressionView:
    """Show a suppression, one that was lifted or has expired too, with every request for it."""
    return suppression_view(find_suppression(suppression_id, sql=services.sql))


@resource.route("DELETE", "/v1/suppressions/{suppression_id}", query=LiftWords, gives={204: None}, fails=(404, 422))
def lift_by_id(services: Services, suppression_id: str, query: LiftWords) -> Response:
    """Lift a suppression; it stays in the history, with who, when and why."""
    lift_suppression({"id": suppression_id}, by=query.by, because=query.because, sql=services.sql)
    return nothing()
