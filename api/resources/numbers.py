"""Numbers: which flow answers the calls to each number of the account."""

from __future__ import annotations

from typing import Any

from flask import Response
from pydantic import Field

from api.http.etags import expected, tagged
from api.http.idempotency import fresh_id
from api.http.pagination import Page, PageQuery, cut_page
from api.http.phone_filters import ASKED_REGION, read_number
from api.http.responses import Tagged, answer, nothing
from api.http.routes import Resource
from api.resources.campaigns import FlowReference
from orchestrator.operations.flows.assign_number import (
    NewNumber,
    NumberChange,
    change_number,
    find_number,
    map_number,
    unmap_number,
)
from orchestrator.policy.phone.field import AskedNumber, Region
from orchestrator.policy.timestamps import Moment
from orchestrator.services import Services
from orchestrator.store.sql.numbers import list_numbers

resource = Resource("numbers")

_EDITED = ("flow_id", "join_days", "updated_at")


class NumberView(Tagged):
    """A number that takes inbound calls; `join_days` is null where the setting of the installation applies."""

    id: str
    number: str
    flow: FlowReference
    join_days: int | None
    created_at: Moment
    updated_at: Moment


class NumberQuery(PageQuery):
    """Which numbers to list."""

    ids = "num_"

    number: AskedNumber | None = None
    region: Region | None = Field(None, description=ASKED_REGION)


def _view(row: Any) -> NumberView:
    flow = FlowReference(id=row.flow_id, name=row.flow_name, version=row.flow_version)
    view = NumberView.model_validate({**row._mapping, "flow": flow})
    return tagged(view, row._mapping, _EDITED, is_whole=True)


@resource.route(
    "POST", "/v1/numbers", body=NewNumber, gives={201: NumberView}, fails=(409, 422), idempotency="optional"
)
def create(services: Services, body: NewNumber) -> Response:
    """Assign a flow to the inbound calls of a number.

    A call begins at the flow's `inbound` step while it rings; a flow without one answers and begins as with a person.
    At the carrier, the number must belong to the connection whose webhooks come here. Calls to other numbers
    are ignored.
    """
    row = map_number(
        body, number_id=fresh_id("num"), sql=services.sql, flows=services.flows, settings=services.settings
    )
    return answer(_view(row), 201)


@resource.route("GET", "/v1/numbers", query=NumberQuery, gives={200: Page[NumberView]}, fails=(422,))
def index(services: Services, query: NumberQuery) -> Page[NumberView]:
    """List numbers, newest first."""
    filters = read_number(services, query.filters(), "number")
    with services.sql.connect() as tx:
        rows = list_numbers(tx, filters, after=query.after, limit=query.limit)
    return cut_page(rows, query, shape=_view)


@resource.route("GET", "/v1/numbers/{number_id}", gives={200: NumberView}, fails=(404,))
def show(services: Services, number_id: str) -> NumberView:
    """Show a number."""
    return _view(find_number(number_id, sql=services.sql))


@resource.route("PATCH", "/v1/numbers/{number_id}", body=NumberChange, gives={200: NumberView}, fails=(404, 422))
def change(services: Services, number_id: str, body: NumberChange) -> NumberView:
    """Change a number's flow, for future calls."""
    return _view(change_number(number_id, body, expects=expected(_EDITED), sql=services.sql, flows=services.flows))


@resource.route("DELETE", "/v1/numbers/{number_id}", gives={204: None}, fails=(404, 409))
def remove(services: Services, number_id: str) -> Response:
    """Stop taking the calls of a number; calls under way go on.

    Refused with `number_in_pool` while a pool of caller ids shows it to people as a local number.
    """
    unmap_number(number_id, sql=services.sql)
    return nothing()
