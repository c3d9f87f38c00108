"""Calls: a list with filters, and one call as a ladder of what was told and done."""

from __future__ import annotations

from typing import Any

from flask import Response

from api.pages import campaign_words, ladder, words
from api.pages.page_routes import Pages
from api.pages.visit import Visit
from api.resources import calls, campaigns, exports
from api.resources.calls import CallQuery
from api.resources.exports import CallExportQuery
from orchestrator.errors import InvalidInput
from orchestrator.model.attempt_state import AttemptState
from orchestrator.model.disposition import Disposition

pages = Pages()

_SHOWN = 25
_FILTERS = ("to", "campaign_id", "contact_id", "status", "disposition", "outcome", "direction", "cursor")


@pages.show("/calls")
def index(visit: Visit) -> Response:
    """List calls."""
    errors: dict[str, str] = {}
    try:
        page = calls.index(visit.services, visit.asked(CallQuery, limit=_SHOWN))
        found, next_cursor = page.data, page.next_cursor
    except InvalidInput as refused:
        found, next_cursor, errors = [], None, words.field_errors(refused)
    return visit.page(
        "calls.html",
        status=422 if errors else 200,
        calls=found,
        query=visit.filters(*_FILTERS),
        next_cursor=next_cursor,
        states=list(AttemptState),
        dispositions=list(Disposition),
        errors=errors,
    )


@pages.show("/calls/export")
def export(visit: Visit) -> Response:
    """Give the calls of the list as a file."""
    answered: Response = exports.calls(visit.services, visit.asked(CallExportQuery))
    return answered


@pages.show("/calls/{call_id}")
def show(visit: Visit, call_id: str) -> Response:
    """Show a call."""
    call = calls.show(visit.services, call_id)
    campaign = campaigns.show(visit.services, call.campaign_id) if call.campaign_id else None
    zone = campaign_words.zone_of(campaign) if campaign else None
    drawn: dict[str, Any] = {"ladder": ladder.draw(call.timeline), "lines": ladder}
    return visit.page("call.html", call=call, campaign=campaign, zone=zone, **drawn)
