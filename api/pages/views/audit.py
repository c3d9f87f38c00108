"""The record of what was done: by whom, to what, and what it changed."""

from __future__ import annotations

from flask import Response

from api.pages import words
from api.pages.page_routes import Pages
from api.pages.visit import Visit
from api.resources import keys
from api.resources.keys import AuditQuery
from orchestrator.errors import InvalidInput
from orchestrator.policy.roles import Role

pages = Pages()

_SHOWN = 50


@pages.show("/audit", needs=Role.ADMIN)
def index(visit: Visit) -> Response:
    """List what was done."""
    errors: dict[str, str] = {}
    try:
        page = keys.audit(visit.services, visit.asked(AuditQuery, limit=_SHOWN))
        entries, next_cursor = page.data, page.next_cursor
    except InvalidInput as refused:
        entries, next_cursor, errors = [], None, words.field_errors(refused)
    return visit.page(
        "audit.html",
        status=422 if errors else 200,
        entries=entries,
        query=visit.filters("subject", "by", "cursor"),
        next_cursor=next_cursor,
        errors=errors,
    )
