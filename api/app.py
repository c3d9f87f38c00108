"""Makes the Flask application from the table of routes: the REST API, and the web page over it."""

from __future__ import annotations

from functools import cache

from flask import Flask
from werkzeug.routing import Map

from api.http import auth
from api.mounting import bare_app, mount, rules_of
from api.pages import site
from api.reference import with_reference
from api.resources import catalogue, webhooks
from api.server.in_loop import IfReady
from orchestrator.services import Services

ROUTES = with_reference(catalogue.ROUTES)
"""Every route of the REST API."""


def create_app(services: Services) -> Flask:
    """Return the REST API over `services`, the webhook endpoint and the web page; connects to nothing yet.

    Raises Misconfigured when no API key is set.
    """
    return app_with_ready_answers(services)[0]


def app_with_ready_answers(services: Services) -> tuple[Flask, IfReady]:
    """Return the same application, and what answers at once where its web page has just made the answer."""
    ring = auth.key_ring(services)
    app = bare_app("api", _all_addresses())
    app.before_request(lambda: auth.refuse_stranger(ring))
    webhooks.install(app, services)
    mount(app, services, ROUTES)
    return app, site.install(app, services, ROUTES)


@cache
def _all_addresses() -> Map:
    """Return the addresses of API and page, put together once a process: each rule is compiled, which takes longest."""
    return Map([*rules_of(ROUTES), *site.rules()], merge_slashes=False)
