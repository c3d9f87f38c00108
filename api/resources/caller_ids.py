"""Caller ids: whether a number rests, and the end of its rest before its time."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.http.auth import actor
from api.http.routes import Resource
from api.resources.caller_id_pools import RestedFor
from orchestrator.operations.caller_ids.end_rest import EndOfRest, end_rest, find_caller_id
from orchestrator.policy.timestamps import Moment
from orchestrator.services import Services

resource = Resource("caller id pools")


class RestEnded(BaseModel):
    """Who has ended the last rest that was ended before its time, when and why."""

    model_config = ConfigDict(frozen=True)

    at: Moment
    by: str
    because: str


class CallerIdView(BaseModel):
    """A caller id, whatever pools it is in."""

    number: str
    resting_until: Moment | None
    resting_because: RestedFor | None
    rest_ended: RestEnded | None
    attestation: Literal["owned", "verified", "unknown"] = Field(
        description="What the carrier says: an `owned` number is attested A, a `verified` one B."
    )


@resource.route("GET", "/v1/caller-ids/{number}", gives={200: CallerIdView}, fails=(404,))
def show(services: Services, number: str) -> CallerIdView:
    """Show whether a caller id rests, until when and why. The number is written `%2B1…`."""
    return _view(find_caller_id(number, sql=services.sql))


@resource.route("POST", "/v1/caller-ids/{number}/end-rest", body=EndOfRest, gives={200: CallerIdView}, fails=(404, 422))
def end(services: Services, number: str, body: EndOfRest) -> CallerIdView:
    """End the rest of a caller id: it is dialed from again, and the calls that it rested for count no more.

    Contacts that wait for a caller id are asked about again. One that does not rest stays as it is.
    """
    return _view(end_rest(number, body.because, by=actor().name, sql=services.sql))


def _view(row: Any) -> CallerIdView:
    return CallerIdView(
        number=row.number,
        resting_until=row.resting_until,
        resting_because=row.rested_for or None,
        rest_ended=row.rest_ended,
        attestation=row.attestation or "unknown",
    )
