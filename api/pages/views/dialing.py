"""The stop of all dialing, and its end."""

from __future__ import annotations

from flask import Response

from api.pages.page_routes import Pages
from api.pages.visit import Visit
from api.resources import dialing

pages = Pages()


@pages.form("/dialing/stop")
def stop(visit: Visit) -> Response:
    """Stop all dialing, with a reason if one was written."""
    reason = visit.form("reason")
    stopped = visit.act(dialing.stop, {"reason": reason} if reason else {})
    under_way = stopped["in_flight"] or 0
    calls = "No call is under way." if not under_way else f"Calls under way go on to their end: {under_way}."
    return visit.go("/", f"All dialing is stopped. {calls}")


@pages.form("/dialing/resume")
def resume(visit: Visit) -> Response:
    """Let running campaigns dial again."""
    visit.act(dialing.resume)
    return visit.go("/", "Dialing goes on: running campaigns dial again.")
