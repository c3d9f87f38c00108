"""Blocked numbers: found, added and lifted, each with who and why."""

from __future__ import annotations

from typing import Any

from flask import Response

from api.http.request_parsing import parse_fields
from api.pages import words
from api.pages.page_routes import Pages
from api.pages.visit import Visit
from api.resources import suppressions
from api.resources.suppressions import LiftWords, SuppressionQuery
from orchestrator.errors import InvalidInput

pages = Pages()

_SHOWN = 25
_BLOCKED_AGAIN = "This number was blocked once more since you looked at it, so it stays blocked: look at it again."


@pages.show("/blocked")
def index(visit: Visit) -> Response:
    """List blocked numbers."""
    return _page(visit)


@pages.form("/blocked")
def add(visit: Visit) -> Response:
    """Block a number."""
    typed = {name: visit.form(name) for name in ("phone", "reason")}
    wanted = {name: value for name, value in typed.items() if value} | {"phone": typed["phone"]}
    try:
        done = visit.act(suppressions.create, wanted)
    except InvalidInput as refused:
        return _page(visit, typed=typed, errors=words.field_errors(refused), status=422)
    return visit.go("/blocked", f"{done['phone']} is blocked: no campaign calls it any more.")


@pages.form("/blocked/{suppression_id}/lift")
def lift(visit: Visit, suppression_id: str) -> Response:
    """Let a number be called again, unless it was blocked once more since it was looked at."""
    if (seen := visit.form("seen")) and seen != str(len(suppressions.show(visit.services, suppression_id).history)):
        return visit.go("/blocked", _BLOCKED_AGAIN, kind="wrong")
    said = parse_fields({"because": visit.form("because") or None}, LiftWords)
    visit.act(suppressions.lift_by_id, query=said, suppression_id=suppression_id)
    return visit.go("/blocked", "The number may be called again. That stays on record.")


def _page(
    visit: Visit, *, typed: dict[str, str] | None = None, errors: dict[str, str] | None = None, status: int = 200
) -> Response:
    found: dict[str, Any] = {"blocked": [], "next_cursor": None}
    asked_wrongly: dict[str, str] = {}
    try:
        page = suppressions.index(visit.services, visit.asked(SuppressionQuery, limit=_SHOWN))
        found = {"blocked": page.data, "next_cursor": page.next_cursor}
    except InvalidInput as refused:
        asked_wrongly, status = words.field_errors(refused), 422
    shown = {"typed": typed or {"phone": "", "reason": ""}, "errors": errors or {}, "asked_wrongly": asked_wrongly}
    query = visit.filters("phone", "include", "cursor")
    return visit.page("blocked.html", status=status, query=query, **found, **shown)
