"""Puts together what the server serves: the whole REST API, or the webhook receiver alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from flask import Flask

from api.app import ROUTES, create_app, create_door
from api.http import auth
from api.http.responses import Refusal
from api.http.routes import Route
from api.pages import catalogue, site
from api.pages.strangers import look_for_session
from api.resources import health, webhooks
from api.server.admission import Gate, Sender
from api.server.limits import limits_of
from api.server.request_head import Head
from api.server.service import Service
from orchestrator.services import Services
from orchestrator.store.redis.told_counts import tell_in_background
from orchestrator.traces import begin_tracing


def rest_service(services: Services) -> Service:
    """Return the REST API with the webhook endpoint; raises Misconfigured when no API key is set."""
    key = auth.required_key(services.settings.api_key)
    senders = [look_for_key(key), webhooks.look_for_signature, look_for_session(catalogue.ROUTES)]
    routes = [*ROUTES, *site.routes_for_server()]
    return _service(create_app(services), routes, services, senders=senders, process="api")


def door_service(services: Services) -> Service:
    """Return the webhook endpoint alone."""
    routes = (*webhooks.resource.routes, *health.resource.routes)
    senders = [webhooks.look_for_signature]
    return _service(create_door(services), routes, services, senders=senders, process="webhooks")


def _service(
    app: Flask, routes: Iterable[Route], services: Services, *, senders: Iterable[Sender], process: str
) -> Service:
    def begin() -> Callable[[], None]:
        end_counts = tell_in_background(services.redis, services.keys)
        end_tracing = begin_tracing(services.settings.otlp_endpoint, process=process)

        def end() -> None:
            end_counts()
            end_tracing()

        return end

    gate = Gate(routes, senders=senders, in_loop=[webhooks.PATH])
    return Service(
        app,
        gate,
        limits_of(services.settings),
        in_loop=lambda: webhooks.WebhookDesk(services),
        begin=begin,
    )


def look_for_key(key: bytes) -> Sender:
    """Return what refuses a request without the API key by its head, before anything of its body is read."""

    def refuse_sender(head: Head, path: str) -> Refusal | None:
        return auth.refusal_by_head(path, head.headers.get(b"authorization", b"").decode("latin-1"), key)

    return refuse_sender
