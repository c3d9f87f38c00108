"""Flows: what a call does, checked before it is accepted, versioned by name."""

from __future__ import annotations

from typing import Any

from flask import Response
from pydantic import BaseModel, ConfigDict, Field

from api.http.idempotency import fresh_id
from api.http.pagination import Page, PageQuery, cut_page
from api.http.request_parsing import media_of_body
from api.http.responses import answer
from api.http.routes import Body, Resource
from orchestrator.flow import FlowProblem, check_flow
from orchestrator.operations.flows.create_flow import create_flow
from orchestrator.operations.flows.find_flows import find_flow
from orchestrator.policy.purposes import Purpose, Voice
from orchestrator.policy.roles import Role
from orchestrator.policy.timestamps import Moment
from orchestrator.services import Services
from orchestrator.store.sql.flow_cache import stored_flows
from orchestrator.store.sql.flows import list_flows

resource = Resource("flows")

_DOCUMENT = Body(
    media=("application/yaml", "application/json", "application/x-yaml", "text/yaml"), max_bytes=256 * 1024
)


class FlowVersion(BaseModel):
    """A version of a flow; it never changes."""

    id: str
    name: str
    version: int
    content_type: str
    created_at: Moment


class FlowSource(FlowVersion):
    """A version of a flow with its text."""

    source: str


class FlowProblemView(BaseModel):
    """Something to mend in a flow; `step` is null for a problem outside the steps."""

    step: str | None
    line: int | None
    pointer: str
    detail: str


class FlowCheck(BaseModel):
    """What a check found: `errors` refuse the flow, `warnings` name what is accepted but hardly intended."""

    ok: bool
    errors: list[FlowProblemView]
    warnings: list[FlowProblemView]


class FlowCheckQuery(BaseModel):
    """For which calls a flow is checked."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    purpose: Purpose | None = Field(None, description="What a campaign calls for; `sales` asks for most.")
    voice: Voice | None = Field(None, description="Whose voice is heard. Left out: as the flow speaks.")


class FlowQuery(PageQuery):
    """Which flows to list."""

    ids = "flow_"

    name: str | None = None


def _view(problem: FlowProblem) -> FlowProblemView:
    return FlowProblemView.model_validate(problem, from_attributes=True)


def _version(row: Any) -> FlowVersion:
    return FlowVersion.model_validate(row, from_attributes=True)


@resource.route(
    "POST",
    "/v1/flows",
    body=_DOCUMENT,
    gives={201: FlowVersion, 200: FlowVersion},
    fails=(413, 415, 422),
    idempotency="optional",
)
def create(services: Services, body: bytes) -> Response:
    """Store a flow.

    The body is the flow itself. The same name and content answers 200 with the stored version; changed content becomes
    the next version. A flow with problems is refused with 422: each error names its step and line.
    """
    stored = create_flow(
        body,
        media_of_body(),
        flow_id=fresh_id("flow"),
        sql=services.sql,
        has_media_receiver=services.streams is not None,
    )
    return answer(_version(stored.row), 201 if stored.is_new else 200)


@resource.route(
    "POST",
    "/v1/flows/check",
    body=_DOCUMENT,
    query=FlowCheckQuery,
    gives={200: FlowCheck},
    fails=(413, 415, 422),
    role=Role.VIEWER,
)
def check(services: Services, body: bytes, query: FlowCheckQuery) -> FlowCheck:
    """Check a flow without storing it; with a `purpose`, also what a campaign of that purpose must say."""
    library = stored_flows(services.sql)
    found = check_flow(body, media_of_body(), library=library, purpose=query.purpose, voice=query.voice)
    errors, warnings = ([_view(each) for each in kind] for kind in found)
    return FlowCheck(ok=not errors, errors=errors, warnings=warnings)


@resource.route("GET", "/v1/flows", query=FlowQuery, gives={200: Page[FlowVersion]}, fails=(422,))
def index(services: Services, query: FlowQuery) -> Page[FlowVersion]:
    """List versions of flows, newest first."""
    with services.sql.connect() as tx:
        rows = list_flows(tx, query.filters(), after=query.after, limit=query.limit)
    return cut_page(rows, query, shape=_version)


@resource.route("GET", "/v1/flows/{flow_id}", gives={200: FlowSource}, fails=(404,))
def show(services: Services, flow_id: str) -> FlowSource:
    """Show a version of a flow with its text."""
    return FlowSource.model_validate(find_flow(flow_id, sql=services.sql), from_attributes=True)
