"""Links to recordings: signed, minutes long, and played without an API key."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from flask import Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from api.http.responses import answer
from api.http.routes import Body, Resource
from api.resources.recordings import AUDIO, file_answer
from orchestrator.operations.recordings.sign_link import LONGEST, SHORTEST, USUAL, SignedLink, open_link, sign_link
from orchestrator.policy.durations import Duration
from orchestrator.policy.roles import Role
from orchestrator.policy.timestamps import Moment
from orchestrator.services import Services

resource = Resource("recordings")


def _of_minutes(duration: timedelta) -> timedelta:
    if not SHORTEST <= duration <= LONGEST:
        raise PydanticCustomError("out_of_range", "from 1m to 1h")
    return duration


class NewLink(BaseModel):
    """How long the link is valid."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    expires_in: Annotated[Duration, AfterValidator(_of_minutes)] = Field(USUAL, description="From 1m to 1h.")


class LinkView(BaseModel):
    """A link; `url` is a path of this server, as `content` of a recording is."""

    url: str
    expires_at: Moment


class LinkQuery(BaseModel):
    """What makes a link valid."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    expires: int = Field(ge=0, le=2**40)
    signature: str = Field(max_length=100)


@resource.route(
    "POST",
    "/v1/recordings/{recording_id}/link",
    body=Body(model=NewLink, may_be_missing=True),
    gives={201: LinkView},
    fails=(404, 409, 410),
    role=Role.VIEWER,
)
def link(services: Services, recording_id: str, body: NewLink) -> Response:
    """Make a link that plays a recording without an API key.

    Whoever has it can listen until `expires_at`, in a player too, so give it to nobody else. 409 while the recording is
    being fetched; 410 when there is no file of it here.
    """
    return answer(signed_link(services, recording_id, body), 201)


def signed_link(services: Services, recording_id: str, wanted: NewLink) -> LinkView:
    """Return a link that plays a recording, as `link` makes it."""
    made = sign_link(recording_id, expires_in=wanted.expires_in, sql=services.sql, now=services.clock())
    url = f"/listen/{recording_id}?expires={made.expires}&signature={made.signature}"
    return LinkView(url=url, expires_at=made.expires_at)


@resource.route(
    "GET",
    "/listen/{recording_id}",
    query=LinkQuery,
    gives={200: AUDIO, 206: AUDIO},
    fails=(403, 404, 409, 410, 416),
)
def listen(services: Services, recording_id: str, query: LinkQuery) -> Response:
    """Play a recording by its link; a part of it with `Range`.

    403 for a link that was changed or is another installation's, 410 for one that is over.
    """
    given = SignedLink(recording_id, query.expires, query.signature)
    return file_answer(services, open_link(given, sql=services.sql, now=services.clock()), is_played=True)
