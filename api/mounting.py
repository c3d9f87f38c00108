"""Mounts routes on a Flask application: a rule for each address, and a handler with what every request must meet."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from itertools import groupby
from typing import Any

from flask import Flask, Response, request
from pydantic import BaseModel
from werkzeug.exceptions import MethodNotAllowed, UnsupportedMediaType
from werkzeug.routing import Map, Rule

from api.http import auth, problems
from api.http.audit import Views, audited, views_by_path
from api.http.etags import not_modified, refuse_if_match
from api.http.idempotency import once
from api.http.path_ids import check_ids
from api.http.request_parsing import open_body, parse_json, parse_query, read_body
from api.http.responses import answer
from api.http.routes import Body, NoQuery, Route
from orchestrator.errors import InvalidInput
from orchestrator.services import Services


def bare_app(name: str, addresses: Map) -> Flask:
    """Return an application without views that answers its errors with problem documents."""
    app = Flask(name, static_folder=None)
    app.url_map = addresses
    problems.install(app)
    return app


def rules_of(routes: Iterable[Route]) -> list[Rule]:
    """Return one rule for each path of `routes`, whatever the method.

    A rule that left methods out would let them fall through to a rule with a variable in the same place, whose 404
    says that the address is unknown.
    """
    paths = sorted({route.path for route in routes})
    return [Rule(re.sub(r"\{(\w+)\}", r"<\1>", path), endpoint=path) for path in paths]


def mount(app: Flask, services: Services, routes: Sequence[Route]) -> None:
    """Give `app` a view for each path of `routes`."""
    views = views_by_path(routes)
    for path, same in groupby(sorted(routes, key=_address), key=lambda route: route.path):
        app.view_functions[path] = _handler(services, _by_method(same), views)


def _by_method(routes: Iterable[Route]) -> dict[str, list[Route]]:
    """Return routes by method; those that share one differ by the media type of their body."""
    found = {method: list(same) for method, same in groupby(routes, key=lambda route: route.method)}
    return found | ({"HEAD": found["GET"]} if "GET" in found else {})


def _address(route: Route) -> tuple[str, str]:
    return route.path, route.method


def _handler(services: Services, variants: Mapping[str, Sequence[Route]], views: Views) -> Callable[..., Response]:
    def handle(**ids: str) -> Response:
        if request.method not in variants:
            raise MethodNotAllowed(list(variants))
        check_ids(ids)
        route = _variant(variants[request.method])
        refuse_if_match(route)
        return auth.refuse_role(route) or once(
            services, route, lambda: audited(services, route, ids, views, lambda: _respond(services, route, ids))
        )

    return handle


def _variant(variants: Sequence[Route]) -> Route:
    for route in variants:
        if route.body is None or _takes(route.body):
            return route
    accepted = [media for route in variants if route.body for media in route.body.media]
    raise UnsupportedMediaType(f"Send the body as {' or '.join(accepted)} and say so in Content-Type.")


def _takes(body: Body) -> bool:
    has_none = request.content_length == 0 or not (request.mimetype or request.content_length)
    is_left_out = body.may_be_missing and has_none
    return request.mimetype in body.media or body.is_any_media or is_left_out


def _respond(services: Services, route: Route, ids: dict[str, str]) -> Response:
    returned = route.view(services, **ids, **_parsed(route))
    if (known := not_modified(returned)) is not None:
        return known
    return answer(returned) if isinstance(returned, BaseModel) else returned


def _parsed(route: Route) -> dict[str, Any]:
    """Read query and body; the errors of both are reported together."""
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
