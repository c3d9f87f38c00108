"""Puts together the webhook receiver: the endpoint and its health check, without REST and pages."""

from __future__ import annotations

from flask import Flask
from werkzeug.routing import Map

from api.lifetime import lifetime_of
from api.mounting import bare_app, mount, rules_of
from api.resources import liveness, webhooks
from api.server.admission import Gate
from api.server.limits import limits_of
from api.server.service import Service
from orchestrator.services import Services

_ROUTES = (*webhooks.resource.routes, *liveness.resource.routes)


def create_door(services: Services) -> Flask:
    """Return the webhook endpoint alone, with its health check."""
    app = bare_app("webhooks", Map(rules_of(_ROUTES), merge_slashes=False))
    webhooks.install(app, services)
    mount(app, services, _ROUTES)
    return app


def door_service(services: Services) -> Service:
    """Return the webhook endpoint alone, as the server serves it."""
    gate = Gate(_ROUTES, senders=[webhooks.look_for_signature], in_loop=[webhooks.PATH])
    return Service(
        create_door(services),
        gate,
        limits_of(services.settings),
        in_loop=lambda: webhooks.WebhookDesk(services),
        begin=lifetime_of(services, process="webhooks"),
    )
