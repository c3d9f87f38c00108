"""Lists: numbers not to be dialed, registries with an age, and numbers that alone are dialed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Any

from flask import Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from api.http.auth import actor
from api.http.by_whom import By, sender, signed
from api.http.etags import expected, tagged
from api.http.idempotency import fresh_id
from api.http.pagination import Page, PageQuery, cut_page, page_of
from api.http.phone_filters import ASKED_REGION, read_number
from api.http.responses import Tagged, answer, nothing
from api.http.routes import Body, Resource
from api.http.upload_parameters import FileQuery, ProblemKind
from api.resources.suppressions import SuppressionError, SuppressionNote, SuppressionView, suppression_view
from orchestrator.contact_files.byte_lines import WholeFile
from orchestrator.errors import FieldError, InvalidInput
from orchestrator.operations.lists.change_entries import add_entries, delete_entry
from orchestrator.operations.lists.import_content import ListFile, import_content
from orchestrator.operations.lists.load_answers import ImportedContent
from orchestrator.operations.lists.manage_lists import (
    change_list,
    create_list,
    delete_list,
    find_list,
    history_of,
    list_lists,
    look_up,
)
from orchestrator.policy.durations import Duration
from orchestrator.policy.lists.entry import WRITTEN_AS, read_entry
from orchestrator.policy.lists.list_fields import ListChanges, ListKind, NewList, Words
from orchestrator.policy.lists.reassigned import Result
from orchestrator.policy.phone.field import AskedNumber, Region
from orchestrator.policy.phone.parse_phone import PhoneProblem
from orchestrator.policy.purposes import Purpose
from orchestrator.policy.timestamps import Moment
from orchestrator.services import Services

resource = Resource("lists")

_EDITED = ("regions", "purposes", "owner", "max_age_s", "updated_at")  # the last for the entries

_MOST_BYTES = 8 * 1024**3
_MOST_ENTRIES = 1_000

_Entry = Annotated[str, Field(min_length=1, max_length=100, json_schema_extra=WRITTEN_AS)]


def _span(value: Any) -> Any:
    return timedelta(seconds=value) if isinstance(value, int) else value


class ListView(Tagged):
    """A list; `version` counts its imports, `as_of` is the moment that the last of them speaks of.

    `as_of` is null where nothing was ever imported; such a registry holds the contacts that it covers.
    """

    id: str
    name: str
    kind: ListKind
    regions: list[str]
    max_age: Annotated[Duration, BeforeValidator(_span)] | None = Field(validation_alias="max_age_s")
    purposes: list[Purpose]
    owner: str | None
    version: int
    as_of: Moment | None
    stale_from: Moment | None = Field(description="Of a registry: when its copy is older than it may be.")
    entries: int
    created_at: Moment
    updated_at: Moment


class ListQuery(PageQuery):
    """Which lists to show."""

    ids = "lst_"

    name: str | None = None
    kind: ListKind | None = None


class ListRemoval(BaseModel):
    """Who deletes it, and why."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    because: Words | None = None
    by: By = sender()


class ContentQuery(FileQuery):
    """Of what moment the file speaks, who sends it, and how to read it."""

    as_of: Moment | None = Field(None, description="When it was made. Left out: now.")
    by: By = sender()
    because: Words | None = None
    accept_smaller: bool = Field(
        default=False,
        description="Accept a file with less than half of the entries, or none; a list of kind allow does.",
    )
    accept_older: bool = Field(default=False, description="Accept a file of an earlier moment than the list's as_of.")


class ContentView(Tagged):
    """What became of a file, and the list afterwards.

    Refused rows are in `problems` by kind and in `errors`, the first 100; `notes` are accepted rows whose cell may mean
    several numbers, which are all on the list. `changed_since` counts entries that were added or deleted one by one
    after `as_of`: they stay as they were made.
    """

    list: ListView
    rows: int
    accepted: int
    invalid: int
    changed_since: int
    problems: Sequence[ProblemKind]
    errors: Sequence[SuppressionError]
    notes: Sequence[SuppressionNote]


class NewEntries(BaseModel):
    """Numbers and prefixes to add."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    entries: Annotated[list[_Entry], Field(min_length=1, max_length=_MOST_ENTRIES)]
    because: Words | None = None
    by: By = sender()


class AddedEntries(BaseModel):
    """The list, how many entries were added, and how many stood on it already."""

    list: ListView
    added: int
    kept: int


class EntryQuery(BaseModel):
    """Which entry to delete, and why."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    entry: Annotated[str, Field(min_length=1, max_length=100, description="A number, or a prefix such as +1900*.")]
    region: Region | None = Field(None, description="Where a number without a country code belongs.")
    because: Words
    by: By = sender()


class LookupQuery(BaseModel):
    """Which number to look up."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    phone: AskedNumber
    region: Region | None = Field(None, description=ASKED_REGION)


class HoldingList(BaseModel):
    """A list that holds the number; `entry` is the number, or the prefix that covers it.

    `result`, `since` and `checked_at` are the answer of a list of kind reassigned, null for any other.
    """

    id: str
    name: str
    kind: ListKind
    entry: str
    version: int
    as_of: Moment | None
    result: Result | None
    since: Moment | None
    checked_at: Moment | None


class LookupView(BaseModel):
    """Where a number stands: every list that holds it, and its suppressions in force."""

    phone: str
    lists: list[HoldingList]
    suppressions: list[SuppressionView]


class ListChangeView(BaseModel):
    """One change of a list: who, when and why."""

    id: str
    at: Moment
    action: str = Field(description="create, add, delete, import, change or remove")
    number: str | None
    version: int | None
    by: str
    because: str | None


def _view(row: Any) -> ListView:
    age = timedelta(seconds=row.max_age_s) if row.max_age_s else None
    stale_from = row.as_of + age if row.as_of and age else None
    return tagged(ListView.model_validate({**row._mapping, "stale_from": stale_from}), row._mapping, _EDITED)


def _content_view(done: ImportedContent) -> ContentView:
    counts = {name: getattr(done, name) for name in ("rows", "accepted", "invalid", "changed_since")}
    row: Any = done.row
    view = ContentView(
        list=_view(row),
        **counts,
        problems=[ProblemKind.model_validate(kind) for kind in done.problems()],
        errors=[SuppressionError(row=number, code=p.code, detail=p.detail) for number, p in done.errors],
        notes=[SuppressionNote(row=number, code=p.code, detail=p.detail) for number, p in done.notes],
    )
    return tagged(view, row._mapping, _EDITED)


@resource.route("POST", "/v1/lists", body=NewList, gives={201: ListView}, fails=(409, 422), idempotency="optional")
def create(services: Services, body: NewList) -> Response:
    """Create a list without entries.

    `suppress`: a campaign that names it does not dial its numbers. `registry`: the same, for every campaign that it
    covers, and its copy may be no older than `max_age`: until its first import, and whenever it is too old, the
    contacts that it covers are held. `allow`: a campaign that names it dials its numbers alone. `reassigned`: answers
    on whether a number went to somebody else since its person consented; no campaign dials one that did.
    """
    return answer(_view(create_list(body, list_id=fresh_id("lst"), by=actor().name, sql=services.sql)), 201)


@resource.route("GET", "/v1/lists", query=ListQuery, gives={200: Page[ListView]}, fails=(422,))
def index(services: Services, query: ListQuery) -> Page[ListView]:
    """List the lists, newest first."""
    rows = list_lists(query.filters(), after=query.after, limit=query.limit, sql=services.sql)
    return cut_page(rows, query, shape=_view)


@resource.route("GET", "/v1/lists/lookup", query=LookupQuery, gives={200: LookupView}, fails=(422,))
def lookup(services: Services, query: LookupQuery) -> LookupView:
    """Look a number up in every list, and in the suppressions."""
    asked = {"phone": query.phone, **({"region": query.region} if query.region else {})}
    phone = read_number(services, asked, "phone")["phone"]
    standing = look_up(phone, sql=services.sql)
    holding = [HoldingList.model_validate(row, from_attributes=True) for row in standing.lists]
    return LookupView(
        phone=phone, lists=holding, suppressions=[suppression_view(found) for found in standing.suppressions]
    )


@resource.route("GET", "/v1/lists/{list_id}", gives={200: ListView}, fails=(404,))
def show(services: Services, list_id: str) -> ListView:
    """Show a list."""
    return _view(find_list(list_id, sql=services.sql))


@resource.route("PATCH", "/v1/lists/{list_id}", body=ListChanges, gives={200: ListView}, fails=(404, 422))
def change(services: Services, list_id: str, body: ListChanges) -> ListView:
    """Change what a list covers and how old it may be; from the next dial on. Name and kind stay."""
    stores: dict[str, Any] = {"sql": services.sql, "client": services.redis, "keys": services.keys}
    return _view(change_list(list_id, signed(body), expects=expected(_EDITED), **stores))


@resource.route("DELETE", "/v1/lists/{list_id}", query=ListRemoval, gives={204: None}, fails=(404, 409, 422))
def remove(services: Services, list_id: str, query: ListRemoval) -> Response:
    """Delete a list with its entries.

    Refused with `list_in_use` while a campaign that is not over uses it; a registry is used by every campaign whose
    `registry` is `auto` and whose purpose it covers.
    """
    delete_list(list_id, because=query.because, by=query.by, sql=services.sql)
    return nothing()


@resource.route(
    "PUT",
    "/v1/lists/{list_id}/content",
    query=ContentQuery,
    body=Body(media=("text/csv",), max_bytes=_MOST_BYTES, is_streamed=True),
    gives={200: ContentView},
    fails=(404, 409, 413, 415, 422),
)
def replace(services: Services, list_id: str, query: ContentQuery, body: WholeFile) -> ContentView:
    """Replace the entries of a list by those of a CSV file, all at once.

    Column `phone`, of numbers and of prefixes such as `+1900*`; other columns are ignored. The file is read like one of
    contacts. Until its last row is written, and if it breaks off, the entries from before hold. Entries that were added
    or deleted one by one after `as_of` stay as they were made. With If-Match a list that anybody has changed since it
    was read is left alone: its settings, its content, or one entry.
    """
    options = ListFile(
        as_of=query.as_of,
        region=query.region,
        mapping=query.map,
        encoding=query.encoding,
        by=query.by,
        because=query.because,
        accept_smaller=query.accept_smaller,
        accept_older=query.accept_older,
    )
    stores: dict[str, Any] = {"sql": services.sql, "client": services.redis, "keys": services.keys}
    done = import_content(list_id, body, options, expects=expected(_EDITED), **stores, clock=services.clock)
    return _content_view(done)


@resource.route(
    "POST", "/v1/lists/{list_id}/entries", body=NewEntries, gives={200: AddedEntries}, fails=(404, 409, 422)
)
def add(services: Services, list_id: str, body: NewEntries) -> AddedEntries:
    """Add numbers and prefixes to a list.

    Once this has answered they hold: a call that still rings at a number that is not to be dialed is hung up, an
    answered call goes on.
    """
    done = add_entries(
        list_id,
        body.entries,
        because=body.because,
        by=body.by,
        sql=services.sql,
        client=services.redis,
        keys=services.keys,
    )
    return AddedEntries(list=_view(done.row), added=done.added, kept=done.kept)


@resource.route("DELETE", "/v1/lists/{list_id}/entries", query=EntryQuery, gives={204: None}, fails=(404, 422))
def delete(services: Services, list_id: str, query: EntryQuery) -> Response:
    """Delete an entry from a list; the history keeps who, when and why."""
    entry = read_entry(query.entry, query.region)
    if isinstance(entry, PhoneProblem):
        raise InvalidInput([FieldError("?entry", entry.code, entry.detail)])
    words = {"because": query.because, "by": query.by}
    delete_entry(list_id, entry, **words, sql=services.sql, client=services.redis, keys=services.keys)
    return nothing()


@resource.route(
    "GET", "/v1/lists/{list_id}/changes", query=page_of("lch_"), gives={200: Page[ListChangeView]}, fails=(404, 422)
)
def changes(services: Services, list_id: str, query: PageQuery) -> Page[ListChangeView]:
    """Show the history of a list, newest first; that of a deleted one too."""
    rows = history_of(list_id, after=query.after, limit=query.limit, sql=services.sql)
    return cut_page(rows, query, shape=lambda row: ListChangeView.model_validate(row, from_attributes=True))
