"""The limits of the carrier account."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from api.http.etags import expected, tagged
from api.http.responses import Tagged
from api.http.routes import Resource
from orchestrator.operations.dialing.change_account_limits import ConnectionChange, change_connection, show_connection
from orchestrator.policy.phone.dial_regions import MEAN as DIAL_REGIONS_MEAN
from orchestrator.policy.roles import Role
from orchestrator.policy.timestamps import Moment
from orchestrator.services import Services

resource = Resource("connections")

_EDITED = ("calls_per_second", "max_live_calls", "dial_regions", "updated_at")


class ConnectionView(Tagged):
    """A carrier account's limits."""

    id: str
    calls_per_second: float
    max_live_calls: int
    dial_regions: list[str] | None = Field(description=DIAL_REGIONS_MEAN)
    updated_at: Moment


def _shape(row: Any) -> ConnectionView:
    return tagged(ConnectionView.model_validate(row._mapping), row._mapping, _EDITED, is_whole=True)


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
