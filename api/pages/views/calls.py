"""Calls: a list with filters, and one call as a ladder of what was told and done."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from flask import Response

from api.http.path_ids import has_form
from api.pages import campaign_words, ladder, words
from api.pages.page_routes import Pages
from api.pages.views.campaign_choices import offered_campaigns
from api.pages.views.selected_people import address_of_change
from api.pages.visit import Visit
from api.resources import calls, campaigns, exports, stats
from api.resources.calls import CallQuery, CallView
from api.resources.exports import CallExportQuery
from orchestrator.errors import InvalidInput, NotFound
from orchestrator.model.attempt_state import AttemptState
from orchestrator.model.disposition import Disposition

pages = Pages()

_SHOWN = 25
_FILTERS = ("to", "campaign_id", "contact_id", "status", "disposition", "outcome", "direction", "cursor")
_OF_THE_LAST_CALL = ("disposition", "outcome")


@pages.show("/calls")
def index(visit: Visit) -> Response:
    """List calls."""
    errors: dict[str, str] = {}
    try:
        page = calls.index(visit.services, visit.asked(CallQuery, limit=_SHOWN))
        found, next_cursor = page.data, page.next_cursor
    except InvalidInput as refused:
        found, next_cursor, errors = [], None, words.field_errors(refused)
    query = visit.filters(*_FILTERS)
    chosen = query.get("campaign_id", "")
    return visit.page(
        "calls.html",
        status=422 if errors else 200,
        calls=found,
        query=query,
        campaigns=offered_campaigns(visit, chosen),
        outcomes=_outcomes(visit, chosen, found),
        change=_change(visit.filters(*CallQuery.model_fields)),
        next_cursor=next_cursor,
        states=list(AttemptState),
        dispositions=list(Disposition),
        errors=errors,
    )


def _change(asked: dict[str, str]) -> str:
    """Return where those are changed whose last call was as the filters say; nothing where others narrow them.

    A campaign alone would mean also those whom it has not called.
    """
    says_how = any(name in asked for name in _OF_THE_LAST_CALL)
    return address_of_change(asked, sayable=("campaign_id", *_OF_THE_LAST_CALL)) if says_how else ""


def _outcomes(visit: Visit, campaign_id: str, listed: Sequence[CallView]) -> list[str]:
    """Return the outcomes that calls of a campaign had; without one those of the calls that are listed."""
    known = {each.outcome for each in listed if each.outcome}
    if has_form("campaign_id", campaign_id):
        with suppress(NotFound):
            known |= stats.stats(visit.services, campaign_id).calls.by_outcome.keys()
    return sorted(known)


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
