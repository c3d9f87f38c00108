"""API keys: who has one, a new one that is shown this once, and the end of one."""

from __future__ import annotations

from typing import Any

from flask import Response

from api.pages import words
from api.pages.page_routes import Pages
from api.pages.visit import Visit
from api.resources import keys
from orchestrator.errors import InvalidInput
from orchestrator.policy.roles import Role

pages = Pages()

_SHOWN = 25
_FIELDS = ("name", "role", "expires_at")


@pages.show("/keys", needs=Role.ADMIN)
def index(visit: Visit) -> Response:
    """List keys."""
    return _page(visit)


@pages.form("/keys", needs=Role.ADMIN)
def create(visit: Visit) -> Response:
    """Make a key. It stands in this answer alone: neither a cookie nor another page carries it."""
    typed = {name: visit.form(name) for name in _FIELDS}
    body = {**typed, "expires_at": words.from_wall_clock(typed["expires_at"], None)}
    try:
        made = visit.act(keys.create, body)
    except InvalidInput as refused:
        return _page(visit, typed=typed, errors=words.field_errors(refused), status=422)
    return visit.page("key_made.html", made=made)


@pages.form("/keys/{key_id}/revoke", needs=Role.ADMIN)
def revoke(visit: Visit, key_id: str) -> Response:
    """End a key for good."""
    visit.act(keys.revoke, key_id=key_id)
    return visit.go("/keys", "The key is revoked: within two seconds nothing takes it any more.")


def _page(
    visit: Visit, *, typed: dict[str, str] | None = None, errors: dict[str, str] | None = None, status: int = 200
) -> Response:
    page = keys.index(visit.services, visit.asked(keys.KEYS, limit=_SHOWN))
    shown: dict[str, Any] = {"typed": typed or dict.fromkeys(_FIELDS, ""), "errors": errors or {}, "roles": list(Role)}
    query = visit.filters("cursor")
    return visit.page("keys.html", status=status, keys=page.data, query=query, next_cursor=page.next_cursor, **shown)
