"""Puts together what the server serves as the whole REST API."""

from __future__ import annotations

from api.app import ROUTES, app_with_ready_answers
from api.http import auth
from api.http.responses import Refusal
from api.lifetime import lifetime_of
from api.pages import catalogue, site
from api.pages.strangers import look_for_session
from api.resources import webhooks
from api.server.admission import Gate, Sender
from api.server.limits import limits_of
from api.server.request_head import Head
from api.server.service import Service
from orchestrator.services import Services


def rest_service(services: Services) -> Service:
    """Return the REST API with the webhook endpoint; raises Misconfigured when no API key is set."""
    key = auth.required_key(services.settings.api_key)
    senders = [look_for_key(key), webhooks.look_for_signature, look_for_session(catalogue.ROUTES)]
    routes = [*ROUTES, *site.routes_for_server()]
    app, if_ready = app_with_ready_answers(services)
    return Service(
        app,
        Gate(routes, senders=senders, in_loop=[webhooks.PATH]),
        limits_of(services.settings),
        in_loop=lambda: webhooks.WebhookDesk(services),
        begin=lifetime_of(services, process="api"),
        if_ready=if_ready,
    )


def look_for_key(key: bytes) -> Sender:
    """Return what refuses a request without the API key by its head, before anything of its body is read."""

    def refuse_sender(head: Head, path: str) -> Refusal | None:
        return auth.refusal_by_head(path, head.headers.get(b"authorization", b"").decode("latin-1"), key)

    return refuse_sender
