"""Recordings: a list with players, and the sound behind each of them."""

from __future__ import annotations

from typing import get_args

from flask import Response

from api.pages import words
from api.pages.local_paths import see_other
from api.pages.page_routes import Pages
from api.pages.visit import Visit
from api.resources import recording_links, recordings
from api.resources.recording_links import NewLink
from api.resources.recordings import RecordingQuery, RecordingStatus
from orchestrator.errors import InvalidInput
from orchestrator.operations.access.name_subjects import name_subjects

pages = Pages()

_SHOWN = 25


@pages.show("/recordings")
def index(visit: Visit) -> Response:
    """List recordings."""
    errors: dict[str, str] = {}
    try:
        page = recordings.index(visit.services, visit.asked(RecordingQuery, limit=_SHOWN))
        found, next_cursor = page.data, page.next_cursor
    except InvalidInput as refused:
        found, next_cursor, errors = [], None, words.field_errors(refused)
    query = visit.filters("status", "campaign_id", "call_id", "cursor")
    return visit.page(
        "recordings.html",
        status=422 if errors else 200,
        recordings=found,
        names=name_subjects((each.campaign_id for each in found), sql=visit.services.sql),
        next_cursor=next_cursor,
        errors=errors,
        query=query,
        statuses=get_args(RecordingStatus),
    )


@pages.show("/recordings/{recording_id}/audio")
def audio(visit: Visit, recording_id: str) -> Response:
    """Lead a player to the sound, by a link that is valid for minutes."""
    return see_other(recording_links.signed_link(visit.services, recording_id, NewLink()).url)


@pages.form("/recordings/{recording_id}/fetch")
def fetch(visit: Visit, recording_id: str) -> Response:
    """Fetch a recording again."""
    visit.act(recordings.fetch, recording_id=recording_id)
    return visit.go("/recordings", "It is fetched again.")
