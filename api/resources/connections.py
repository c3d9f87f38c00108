"""The limits of the carrier account."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from api.http.etags import expected, tagged
from api.http.pagination import NO_CURSOR, Cursor, Page, PageQuery, cut_page
from api.http.responses import Tagged
from api.http.routes import Resource
from orchestrator.operations.dialing.change_account_limits import (
    ConnectionChange,
    change_connection,
    list_known_connections,
    show_connection,
)
from orchestrator.policy.phone.dial_regions import MEAN as DIAL_REGIONS_MEAN
from orchestrator.policy.roles import Role
from orchestrator.policy.timestamps import Moment
from orchestrator.services import Services

resource = Resource("connections")

_EDITED = ("calls_per_second", "max_live_calls", "dial_regions", "updated_at")
_OURS = "connection_"


class ConnectionView(Tagged):
    """A carrier account's limits."""

    id: str
    calls_per_second: float
    max_live_calls: int
    dial_regions: list[str] | None = Field(description=DIAL_REGIONS_MEAN)
    updated_at: Moment


def _read_cursor(ident: str) -> str:
    """Return the connection that a cursor continues after: its id is the carrier's, of whatever signs."""
    try:
        return bytes.fromhex(ident.removeprefix(_OURS)).decode()
    except ValueError:
        raise PydanticCustomError("cursor", NO_CURSOR) from None


class ConnectionQuery(PageQuery):
    """A page of connections."""

    cursor: Annotated[Cursor, AfterValidator(_read_cursor)] | None = Field(
        None, description="`next_cursor` of the page before."
    )


def _shape(row: Any) -> ConnectionView:
    return tagged(ConnectionView.model_validate(row._mapping), row._mapping, _EDITED, is_whole=True)


@resource.route("GET", "/v1/connections", query=ConnectionQuery, gives={200: Page[ConnectionView]}, fails=(422,))
def index(services: Services, query: ConnectionQuery) -> Page[ConnectionView]:
    """List the connections that this installation dials or has dialed from, by their ids downwards."""
    rows = list_known_connections(after=query.after, limit=query.limit, sql=services.sql, settings=services.settings)
    return cut_page(rows, query, shape=_shape, ident=lambda row: f"{_OURS}{row.id.encode().hex()}")


@resource.route("GET", "/v1/connections/{connection_id}", gives={200: ConnectionView}, fails=(404,))
def show(services: Services, connection_id: str) -> ConnectionView:
    """Show the limits of a connection."""
    return _shape(show_connection(connection_id, sql=services.sql, settings=services.settings))


@resource.route(
    "PATCH",
    "/v1/connections/{connection_id}",
    body=ConnectionChange,
    gives={200: ConnectionView},
    fails=(404,),
    role=Role.ADMIN,
)
def change(services: Services, connection_id: str, body: ConnectionChange) -> ConnectionView:
    """Change the limits of a connection, in force at once.

    Set `calls_per_second` to what the carrier allows the account; the engine stays below it in any trailing 5 seconds.
    A number outside `dial_regions` is not dialed, and its contact ends as `exhausted` with `region_not_allowed`.
    """
    expects, settings = expected(_EDITED), services.settings
    return _shape(change_connection(connection_id, body, expects=expects, sql=services.sql, settings=settings))
