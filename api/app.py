"""Makes the Flask application of the REST API from the table of routes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import groupby
from typing import Any

from flask import Flask, Response, request
from pydantic import BaseModel
from werkzeug.exceptions import UnsupportedMediaType

from api import auth, health, problems, webhooks
from api.answers import answer
from api.catalogue import ROUTES
from api.idempotency import once
from api.parse import open_body, parse_json, parse_query, read_body
from api.path_ids import check_ids
from api.routes import Body, NoQuery, Route
from orchestrator.errors import InvalidInput
from orchestrator.wiring import House


def create_app(house: House) -> Flask:
    """Return the REST API over `house`, the webhook door included; connects to nothing yet.

    Raises Misconfigured when no API key is set.
    """
    key = auth.required_key(house.settings.api_key)
    app = bare_app("api")
    app.before_request(lambda: auth.refuse_stranger(key))
    mount(app, house, ROUTES)
    return app


def create_door(house: House) -> Flask:
    """Return the webhook door alone, with its health."""
    app = bare_app("webhooks")
    mount(app, house, (*webhooks.resource.routes, *(r for r in health.resource.routes if r.path == "/healthz")))
    return app


def bare_app(name: str) -> Flask:
    """Return an application without routes that answers its errors with problem documents."""
    app = Flask(name, static_folder=None)
    app.url_map.merge_slashes = False
    problems.install(app)
    return app


def mount(app: Flask, house: House, routes: Iterable[Route]) -> None:
    """Enter `routes` in `app`; routes that share address and method differ by the media type of their body."""
    ordered = sorted(routes, key=_address)
    for (path, method), same in groupby(ordered, key=_address):
        app.add_url_rule(
            re.sub(r"\{(\w+)\}", r"<\1>", path),
            endpoint=f"{method} {path}",
            view_func=_handler(house, list(same)),
            methods=[method],
        )


def _address(route: Route) -> tuple[str, str]:
    return route.path, route.method


def _handler(house: House, variants: Sequence[Route]) -> Callable[..., Response]:
    def handle(**ids: str) -> Response:
        check_ids(ids)
        route = _variant(variants)
        return once(house, route, lambda: _respond(house, route, ids))

    return handle


def _variant(variants: Sequence[Route]) -> Route:
    for route in variants:
        if route.body is None or _takes(route.body):
            return route
    accepted = [media for route in variants if route.body for media in route.body.media]
    raise UnsupportedMediaType(f"Send the body as {' or '.join(accepted)} and say so in Content-Type.")


def _takes(body: Body) -> bool:
    is_left_out = body.may_be_missing and not request.mimetype and not request.content_length
    return request.mimetype in body.media or body.is_any_media or is_left_out


def _respond(house: House, route: Route, ids: dict[str, str]) -> Response:
    returned = route.view(house, **ids, **_parsed(route))
    return answer(returned) if isinstance(returned, BaseModel) else returned


def _parsed(route: Route) -> dict[str, Any]:
    """Read query and body; what is wrong in both is told at once."""
    parsed: dict[str, Any] = {}
    wrong = []
    for part, read in _parts(route).items():
        try:
            parsed[part] = read()
        except InvalidInput as err:
            wrong += err.errors
    if wrong:
        raise InvalidInput(wrong)
    return parsed


def _parts(route: Route) -> dict[str, Callable[[], Any]]:
    parts: dict[str, Callable[[], Any]] = {}
    if route.query:
        parts["query"] = partial(parse_query, request, route.query)
    elif request.args and not route.is_open:
        parts["_"] = partial(parse_query, request, NoQuery)
    if route.body:
        parts["body"] = partial(_read, route.body)
    return parts


def _read(body: Body) -> Any:
    if body.is_streamed:
        return open_body(request, max_bytes=body.max_bytes)
    raw = read_body(request, max_bytes=body.max_bytes)
    if body.model is None:
        return raw
    return parse_json(b"{}" if not raw and body.may_be_missing else raw, body.model)
