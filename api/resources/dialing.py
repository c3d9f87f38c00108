"""The switch above all campaigns."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from api.http.routes import Body, Resource
from orchestrator.operations.dialing.stop_dialing import NO_REASON, find_stop, resume_dialing, stop_dialing
from orchestrator.policy.names import all_seen
from orchestrator.policy.timestamps import Moment
from orchestrator.services import Services

resource = Resource("dialing")

_Words = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), AfterValidator(all_seen)
]


class NewStop(BaseModel):
    """Why all dialing is to be stopped, and who says so; everybody is shown it until dialing is resumed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reason: _Words = NO_REASON
    by: _Words = "api"


class DialingView(BaseModel):
    """Whether anything is dialed, and if not: since when, by whom and why it is stopped.

    Of a stop, `in_flight` counts the calls that go on to their end. What an older version stopped says not by whom.
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

    After the answer nothing is dialed any more until dialing is resumed. A second stop keeps who stopped first, when
    and why.
    """
    in_flight = stop_dialing(services, reason=body.reason, by=body.by)
    return _view(services, in_flight=in_flight)


@resource.route("POST", "/v1/dialing/resume", gives={200: DialingView})
def resume(services: Services) -> DialingView:
    """Let running campaigns dial again."""
    resume_dialing(services)
    return _view(services)


def _view(services: Services, *, in_flight: int | None = None) -> DialingView:
    stop = find_stop(services)
    if stop is None:
        return DialingView(status="running", stopped=False, since=None, by=None, reason=None, in_flight=in_flight)
    told = {"since": stop.since, "by": stop.by, "reason": stop.reason}
    return DialingView(status="stopped", stopped=True, in_flight=in_flight, **told)
