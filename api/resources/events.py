"""Events that the engine could not process: dead letters, to be replayed, and webhooks of unknown calls."""

from __future__ import annotations

import re
from typing import Any

from flask import Response
from pydantic import BaseModel

from api.http.pagination import Page, PageQuery, cut_page
from api.http.responses import answer
from api.http.routes import Resource
from orchestrator.errors import NotFound
from orchestrator.operations.events.dead_letters import list_dead_letters, list_unmatched, replay_dead_letter
from orchestrator.policy.timestamps import Moment
from orchestrator.services import Services

resource = Resource("events")

_LETTER = re.compile(r"\d{1,20}_\d{1,20}")


class KeptEvent(BaseModel):
    """An entry that was set aside: when, why, and its payload."""

    id: str
    at: Moment
    why: str
    content: dict[str, str]


class Replayed(BaseModel):
    """A dead letter that is back in its stream."""

    id: str


@resource.route("GET", "/v1/events/dead", query=PageQuery, gives={200: Page[KeptEvent]}, fails=(422,))
def dead(services: Services, query: PageQuery) -> Page[KeptEvent]:
    """List events and records that failed for good, newest first."""
    return cut_page(
        list_dead_letters(services.redis, services.keys, after=query.after, limit=query.limit + 1), query, shape=_view
    )


@resource.route("GET", "/v1/events/orphans", query=PageQuery, gives={200: Page[KeptEvent]}, fails=(422,))
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


def _view(kept: Any) -> KeptEvent:
    return KeptEvent(id=kept.id, at=kept.at, why=kept.why, content=kept.content)
