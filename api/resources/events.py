"""Events that the outside is told, and those of the carrier that could not be processed: dead letters and orphans."""

from __future__ import annotations

import re
from typing import Annotated, Any

from flask import Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from api.http.pagination import Page, PageQuery, cut_page, page_of
from api.http.path_ids import form_of
from api.http.responses import answer, nothing
from api.http.routes import Resource
from orchestrator.errors import NotFound
from orchestrator.model.told_event import ToldEvent
from orchestrator.operations.events.dead_letters import (
    discard_dead_letter,
    list_dead_letters,
    list_unmatched,
    replay_dead_letter,
)
from orchestrator.operations.notify.read_events import LATEST, read_events
from orchestrator.operations.notify.want_answers import want_answers_for_reader
from orchestrator.policy.timestamps import Moment
from orchestrator.services import Services

resource = Resource("events")

_LETTER = re.compile(r"\d{1,18}_\d{1,18}\Z")
LETTERS = page_of(_LETTER.pattern)


_TYPES = ", ".join(ToldEvent)


def _known_types(wanted: str) -> str:
    for name in wanted.split(","):
        if name not in set(ToldEvent):
            raise PydanticCustomError("event_type", "there is no type {name}; there are: " + _TYPES, {"name": name})
    return wanted


class EventView(BaseModel):
    """Something that has happened, as webhook endpoints receive it too."""

    id: str = Field(description="The same at every delivery.")
    type: ToldEvent
    timestamp: Moment = Field(description="When it was written.")
    subject: str = Field(description="The id of what it is about; the events of one subject come in their order.")
    data: dict[str, Any]


class EventsQuery(BaseModel):
    """Which events to read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    limit: int = Field(100, ge=1, le=500, description="How many at most.")
    after: Annotated[str, Field(pattern=f"^(?:{form_of('event_id')}|{LATEST})$")] | None = Field(
        None, description=f"The id of the last event that was read; `{LATEST}` reads none and says where to begin."
    )
    type: Annotated[str, AfterValidator(_known_types)] | None = Field(
        None, description=f"One type or several, with commas between them: {_TYPES}."
    )
    subject: str | None = Field(None, max_length=200, description="The id of a call, a contact, a campaign …")


class EventsPage(BaseModel):
    """Events, the oldest first."""

    data: list[EventView]
    has_more: bool
    next_after: str | None = Field(
        description="Send it as `after` to read on, now or later; null: nothing was ever told."
    )


class KeptEvent(BaseModel):
    """An entry that was set aside: when, why, and its payload."""

    id: str
    at: Moment
    why: str
    content: dict[str, str]


class Replayed(BaseModel):
    """A dead letter that is back in its stream."""

    id: str


@resource.route("GET", "/v1/events", query=EventsQuery, gives={200: EventsPage}, fails=(422,))
def index(services: Services, query: EventsQuery) -> EventsPage:
    """Read what has happened, in the order in which it can be read first; kept for 30 days.

    Whoever reads on behind `next_after` misses nothing, however late it was committed, and sees nothing twice.
    """
    types = [ToldEvent(name) for name in query.type.split(",")] if query.type else ()
    want_answers_for_reader(types, client=services.redis, keys=services.keys)
    read = read_events(after=query.after, types=types, subject=query.subject, limit=query.limit, sql=services.sql)
    views = [EventView.model_validate({**row._mapping, "timestamp": row.at}) for row in read.events]
    return EventsPage(data=views, has_more=read.has_more, next_after=read.next_after)


@resource.route("GET", "/v1/events/dead", query=LETTERS, gives={200: Page[KeptEvent]}, fails=(422,))
def dead(services: Services, query: PageQuery) -> Page[KeptEvent]:
    """List events and records that failed for good, newest first."""
    return cut_page(
        list_dead_letters(services.redis, services.keys, after=query.after, limit=query.limit + 1), query, shape=_view
    )


@resource.route("GET", "/v1/events/orphans", query=LETTERS, gives={200: Page[KeptEvent]}, fails=(422,))
def orphans(services: Services, query: PageQuery) -> Page[KeptEvent]:
    """List webhooks that belong to no known call, newest first; the newest 10,000 are kept."""
    return cut_page(
        list_unmatched(services.redis, services.keys, after=query.after, limit=query.limit + 1), query, shape=_view
    )


@resource.route("POST", "/v1/events/dead/{letter_id}/replay", gives={202: Replayed}, fails=(404,))
def replay(services: Services, letter_id: str) -> Response:
    """Put a dead letter back into its stream, to be tried again; safe to repeat."""
    if not _LETTER.fullmatch(letter_id) or not replay_dead_letter(services.redis, services.keys, letter_id):
        raise NotFound("dead letter", letter_id[:80])
    return answer(Replayed(id=letter_id), 202)


@resource.route("DELETE", "/v1/events/dead/{letter_id}", gives={204: None}, fails=(404,))
def discard(services: Services, letter_id: str) -> Response:
    """Throw a dead letter away, for good. What it told is lost: that of a record is the result of a call."""
    if not _LETTER.fullmatch(letter_id) or not discard_dead_letter(services.redis, services.keys, letter_id):
        raise NotFound("dead letter", letter_id[:80])
    return nothing()


def _view(kept: Any) -> KeptEvent:
    return KeptEvent(id=kept.id, at=kept.at, why=kept.why, content=kept.content)
