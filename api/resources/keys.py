"""API keys with a role, and the record of what was done with them."""

from __future__ import annotations

from typing import Any

from flask import Response
from pydantic import BaseModel, ConfigDict, Field

from api.http.auth import HolderName, actor
from api.http.pagination import Page, PageQuery, cut_page, page_of
from api.http.responses import answer, nothing
from api.http.routes import Resource
from orchestrator.ids import new_id
from orchestrator.operations.access import manage_keys
from orchestrator.operations.access.audit import list_audit_events
from orchestrator.operations.access.name_subjects import name_subjects
from orchestrator.policy.roles import Role
from orchestrator.policy.timestamps import Moment
from orchestrator.services import Services

resource = Resource("keys")

KEYS = page_of("key_")


class NewKey(BaseModel):
    """Who gets a key, and what for: a viewer reads, an operator runs campaigns, an admin decides who may."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: HolderName = Field(description="Stands in the record of what is done with the key.")
    role: Role
    expires_at: Moment | None = Field(None, description="Left out: never.")


class KeyView(BaseModel):
    """A key as it is kept: the key itself is not."""

    id: str
    name: str
    role: Role
    created_by: str
    created_at: Moment
    expires_at: Moment | None
    revoked_at: Moment | None
    last_used_at: Moment | None = Field(description="To the minute.")


class CreatedKeyView(KeyView):
    """A key that was just made: `key` is shown this once."""

    key: str


class AuditQuery(PageQuery):
    """What to list."""

    ids = "aud_"

    subject: str | None = Field(None, description="The id of what was changed, or `policy`, `dialing`.")
    by: str | None = Field(None, description="The name of a key or of a user; that of the settings is `api`.")


class AuditView(BaseModel):
    """Something that was done: the request, what it concerned, and what it changed, as {field: [before, after]}.

    Of a person's own data the names of the fields stand there, and not the values. `subject_name` is what the subject
    is called now: a name, a number; null for what has none, or is gone.
    """

    id: str
    at: Moment
    by: str
    key_id: str | None
    user_id: str | None = Field(description="Of who was signed in to the web page.")
    action: str
    subject: str | None
    subject_name: str | None
    changes: dict[str, list[Any]]


def _view(row: Any) -> KeyView:
    return KeyView.model_validate(dict(row._mapping))


@resource.route("POST", "/v1/keys", body=NewKey, gives={201: CreatedKeyView}, role=Role.ADMIN)
def create(services: Services, body: NewKey) -> Response:
    """Create a key. It is shown this once, and only its SHA-256 is stored."""
    made = manage_keys.create_key(
        key_id=new_id("key"),
        name=body.name,
        role=body.role,
        expires_at=body.expires_at,
        by=actor().name,
        now=services.clock(),
        sql=services.sql,
    )
    return answer(CreatedKeyView(**_view(made.row).model_dump(), key=made.secret), 201)


@resource.route("GET", "/v1/keys", query=KEYS, gives={200: Page[KeyView]}, fails=(422,), role=Role.ADMIN)
def index(services: Services, query: PageQuery) -> Page[KeyView]:
    """List keys, newest first, those that were revoked or have expired too."""
    rows = manage_keys.list_keys(after=query.after, limit=query.limit, sql=services.sql)
    return cut_page(rows, query, shape=_view)


@resource.route("GET", "/v1/keys/{key_id}", gives={200: KeyView}, fails=(404,), role=Role.ADMIN)
def show(services: Services, key_id: str) -> KeyView:
    """Show a key, without the key itself."""
    return _view(manage_keys.find_key(key_id, sql=services.sql))


@resource.route("DELETE", "/v1/keys/{key_id}", gives={204: None}, fails=(404,), role=Role.ADMIN)
def revoke(services: Services, key_id: str) -> Response:
    """Revoke a key for good: within two seconds no process takes it any more. It stays on the list."""
    manage_keys.revoke_key(key_id, sql=services.sql)
    return nothing()


@resource.route("GET", "/v1/audit", query=AuditQuery, gives={200: Page[AuditView]}, fails=(422,), role=Role.ADMIN)
def audit(services: Services, query: AuditQuery) -> Page[AuditView]:
    """List what was done over REST, newest first: by whom, when, and what it changed."""
    page = list_audit_events(query.filters(), after=query.after, limit=query.limit, sql=services.sql)
    names = name_subjects((row.subject for row in page.rows), sql=services.sql)
    shape = lambda row: AuditView.model_validate({**row._mapping, "subject_name": names.get(row.subject)})  # noqa: E731
    return cut_page(page.rows, query, shape=shape, goes_on_after=page.goes_on_after)
