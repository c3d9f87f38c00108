"""Records each change that a request makes, in its own transaction: by whom, and the subject before and behind it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from flask import Response, g
from pydantic import BaseModel

from api.http.auth import actor
from api.http.idempotency import fresh_id
from api.http.routes import Route
from orchestrator.errors import NotFound
from orchestrator.operations.access.audit import Change, record_behind, recorded
from orchestrator.services import Services

Views = Mapping[str, Route]


def views_by_path(routes: Any) -> Views:
    """Return the addresses that show one thing, by path: what a change is compared by."""
    shown = [route for route in routes if route.method == "GET" and not route.is_open and _shows_one(route)]
    return {route.path: route for route in shown}


def nothing_changes() -> None:
    """Say that the request under way only looks, whatever its method: it is recorded as no change."""
    g.nothing_changes = True


def audited(
    services: Services, route: Route, ids: Mapping[str, str], views: Views, respond: Callable[[], Response]
) -> Response:
    """Return the response, and record what the request changes; what was refused has changed nothing."""
    if not route.is_audited:
        return respond()
    view = _view_of(route.path, views)
    change = Change(
        id=fresh_id("aud"),
        action=f"{route.method} {route.path}",
        by=actor().name,
        key_id=actor().key_id,
        user_id=actor().user_id,
        subject=list(ids.values())[-1] if ids else route.path.removeprefix("/v1/").partition("/")[0],
        makes=not ids,
        before=_look(services, view, ids),
        look=lambda tx: _look(services.reading_in(tx), view, ids),
    )
    g.nothing_changes = False  # several may be asked for one page
    with recorded(change):
        response = respond()
    if response.status_code < 400 and not change.is_recorded and not g.nothing_changes:
        record_behind(change, sql=services.sql)
    return response


def _shows_one(route: Route) -> bool:
    given = route.gives.get(200)
    return isinstance(given, type) and not {"next_cursor", "next_after"} & given.model_fields.keys()


def _view_of(path: str, views: Views) -> Route | None:
    """Return what shows the subject of a change: the same address, or the nearest above it."""
    while path not in views and path.count("/") > 2:
        path = path.rpartition("/")[0]
    return views.get(path)


def _look(services: Services, view: Route | None, ids: Mapping[str, str]) -> dict[str, Any] | None:
    if view is None:
        return None
    wanted = {name: ids[name] for name in re.findall(r"\{(\w+)\}", view.path)}
    query = {"query": view.query()} if view.query else {}
    try:
        shown = view.view(services, **wanted, **query)
    except NotFound:
        return None
    return shown.model_dump(mode="json") if isinstance(shown, BaseModel) else None
