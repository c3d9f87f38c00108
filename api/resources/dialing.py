"""The stop of all dialing, in every campaign."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from api.http.auth import actor
from api.http.routes import Body, Resource
from orchestrator.operations.dialing.stop_dialing import NO_REASON, find_stop, resume_dialing, stop_dialing
from orchestrator.policy.names import all_seen
from orchestrator.policy.timestamps import Moment
from orchestrator.services import Services

resource = Resource("dialing")

_Words = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"\S"), AfterValidator(all_seen)
]


class NewStop(BaseModel):
    """Why all dialing is stopped, and by whom; shown to every client until dialing is resumed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reason: _Words = NO_REASON
    by: _Words | None = Field(None, description="Left out: the name of the API key or the user.")


class DialingView(BaseModel):
    """Whether dialing runs, and if not, since when, by whom and why it is stopped.

    After a stop, `in_flight` counts the calls that go on to their end. `by` is null for a stop by an older version.
    """

    status: Literal["running", "stopped"]
    stopped: bool
    since: Moment | None
    by: str | None
    reason: str | None
    in_flight: int | None = Field(None, description="After a stop.")


@resource.route("GET", "/v1/dialing", gives={200: DialingView})
def show(services: Services) -> DialingView:
    """Say whether dialing is stopped, since when, by whom and why."""
    return _view(services)


@resource.route(
    "POST", "/v1/dialing/stop", body=Body(model=NewStop, may_be_missing=True), gives={200: DialingView}, fails=(422,)
)
def stop(services: Services, body: NewStop) -> DialingView:
    """Stop all dialing, in every campaign and across restarts.

    Once this has answered, nothing is dialed until dialing is resumed. A second stop keeps the first one's author, time
    and reason.
    """
    in_flight = stop_dialing(
        sql=services.sql,
        client=services.redis,
        keys=services.keys,
        now=services.clock(),
        reason=body.reason,
        by=body.by or actor().name,
    )
    return _view(services, in_flight=in_flight)


@resource.route("POST", "/v1/dialing/resume", gives={200: DialingView})
def resume(services: Services) -> DialingView:
    """Let running campaigns dial again."""
    resume_dialing(services.sql)
    return _view(services)


def _view(services: Services, *, in_flight: int | None = None) -> DialingView:
    stop = find_stop(services.sql)
    if stop is None:
        return DialingView(status="running", stopped=False, since=None, by=None, reason=None, in_flight=in_flight)
    fields = {"since": stop.since, "by": stop.by, "reason": stop.reason}
    return DialingView(status="stopped", stopped=True, in_flight=in_flight, **fields)
