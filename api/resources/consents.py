"""Consents and revocations: what people have agreed to, and taken back."""

from __future__ import annotations

from typing import Annotated, Literal

from flask import Response
from pydantic import AfterValidator, BaseModel, Field
from pydantic_core import PydanticCustomError

from api.http.pagination import Page, PageQuery, cut_page
from api.http.phone_filters import ASKED_REGION, read_number
from api.http.responses import answer
from api.http.routes import Body, Resource
from api.http.upload_parameters import FileQuery, ProblemKind
from orchestrator.contact_files.byte_lines import WholeFile
from orchestrator.operations.contacts.import_consents import ConsentDefaults, import_consents
from orchestrator.operations.contacts.record_consent import (
    NewConsent,
    Recorded,
    Revocation,
    Source,
    Words,
    record_consent,
    record_revocation,
)
from orchestrator.policy.consents import ConsentKind, RevocationChannel, RevokedScope
from orchestrator.policy.phone.field import AskedNumber, Region
from orchestrator.policy.purposes import Purpose
from orchestrator.policy.timestamps import Moment
from orchestrator.services import Services
from orchestrator.store.sql.consents import list_consent_events

resource = Resource("consents")

_MOST_BYTES = 512 * 1024**2


class ConsentEventView(BaseModel):
    """A consent that was `given`, or one that was `revoked`; the fields of the other are null.

    After an erasure of the person the number and all words are null: a revocation holds on, a consent does not.
    """

    id: str
    act: Literal["given", "revoked"]
    phone: str | None
    kind: ConsentKind | None
    purposes: list[Purpose] | None
    text: str | None
    source: str | None
    evidence_url: str | None
    expires_at: Moment | None
    scope: RevokedScope | None
    subject: str | None
    channel: RevocationChannel | None
    words: str | None
    at: Moment
    recorded_at: Moment


class ConsentQuery(PageQuery):
    """Whose consents to list."""

    ids = "cns_"

    phone: AskedNumber
    region: Region | None = Field(None, description=ASKED_REGION)


_A_PURPOSE = f"({'|'.join(Purpose)})"


def _known(purposes: str) -> str:
    for name in purposes.split(","):
        if name not in set(Purpose):
            raise PydanticCustomError("enum", "{name} is no purpose", {"name": repr(name)})
    return purposes


class ConsentFileQuery(FileQuery):
    """What a row's empty cells mean, and how to read the file."""

    kind: ConsentKind | None = None
    purposes: Annotated[str, Field(max_length=200), AfterValidator(_known)] | None = Field(
        None,
        description="Several with commas between them: sales,survey.",
        json_schema_extra={"pattern": f"^{_A_PURPOSE}(,{_A_PURPOSE})*$"},
    )
    text: Words | None = None
    source: Source | None = None


class ConsentError(BaseModel):
    """A row that was refused; the header is row 1."""

    row: int
    code: str
    detail: str


class ImportedConsentsView(BaseModel):
    """The result of a file; `problems` are its refused rows by kind, `errors` the first 100.

    Of the `accepted` rows, `added` were new and `kept` recorded before.
    """

    rows: int
    accepted: int
    added: int
    kept: int
    invalid: int
    problems: list[ProblemKind]
    errors: list[ConsentError]


def _answer(recorded: Recorded) -> Response:
    view = ConsentEventView.model_validate(recorded.row, from_attributes=True)
    return answer(view, 201 if recorded.is_new else 200)


@resource.route(
    "POST", "/v1/consents", body=NewConsent, gives={200: ConsentEventView, 201: ConsentEventView}, fails=(422,)
)
def create(services: Services, body: NewConsent) -> Response:
    """Record a consent.

    It is never changed; sent again it adds nothing (200). Contacts of the number that a campaign holds for want of it
    are checked again at once. It counts from `at`: a revocation of the same time or later takes it back.
    """
    return _answer(record_consent(body, sql=services.sql, clock=services.clock))


@resource.route(
    "POST",
    "/v1/consents/revoke",
    body=Revocation,
    gives={200: ConsentEventView, 201: ConsentEventView},
    fails=(422,),
)
def revoke(services: Services, body: Revocation) -> Response:
    """Record a revocation.

    Once this has answered, the number is not dialed for anything that it covers, in any campaign and no single call,
    whether they ask for consent or not; a call that still rings is hung up, an answered call goes on. It is never
    changed; sent again it adds nothing (200). A consent that is given later counts again.
    """
    done = record_revocation(body, sql=services.sql, client=services.redis, keys=services.keys, clock=services.clock)
    return _answer(done)


@resource.route(
    "POST",
    "/v1/consents/import",
    query=ConsentFileQuery,
    body=Body(media=("text/csv",), max_bytes=_MOST_BYTES, is_streamed=True),
    gives={200: ImportedConsentsView},
    fails=(413, 415, 422),
)
def create_many(services: Services, query: ConsentFileQuery, body: WholeFile) -> ImportedConsentsView:
    """Record the consents of a CSV file: columns `phone`, `kind`, `purposes`, `text`, `source`, `at`.

    `evidence_url` and `expires_at` are optional. Several purposes stand in a cell with commas or semicolons between
    them, a day such as 2026-03-01 counts from its beginning in UTC, and one in the future is refused. A consent that is
    recorded is never changed; the same file again adds nothing.
    """
    defaults = ConsentDefaults(
        kind=query.kind,
        purposes=tuple(filter(None, (query.purposes or "").split(","))),
        text=query.text,
        source=query.source,
        region=query.region,
        mapping=query.map,
        encoding=query.encoding,
    )
    done = import_consents(body, defaults, sql=services.sql, clock=services.clock)
    counts = {name: getattr(done, name) for name in ("rows", "accepted", "added", "kept", "invalid")}
    problems = [ProblemKind.model_validate(kind) for kind in done.problems()]
    errors = [ConsentError(row=number, code=p.code, detail=p.detail) for number, p in done.errors]
    return ImportedConsentsView(**counts, problems=problems, errors=errors)


@resource.route("GET", "/v1/consents", query=ConsentQuery, gives={200: Page[ConsentEventView]}, fails=(422,))
def index(services: Services, query: ConsentQuery) -> Page[ConsentEventView]:
    """List the consents and revocations of a number, in the order in which they were recorded, newest first."""
    phone = read_number(services, query.filters(), "phone")["phone"]
    with services.sql.connect() as tx:
        rows = list_consent_events(tx, phone, after=query.after, limit=query.limit)
    return cut_page(rows, query, shape=lambda row: ConsentEventView.model_validate(row, from_attributes=True))
