"""Puts together the webhook receiver: the endpoint and its health check, without REST and pages."""

from __future__ import annotations

from flask import Flask
from werkzeug.routing import Map

from api.lifetime import lifetime_of
from api.mounting import bare_app, mount, rules_of
from api.resources import health, webhooks
from api.server.admission import Gate
from api.server.limits import limits_of
from api.server.service import Service
from orchestrator.services import Services


def create_door(services: Services) -> Flask:
    """Return the webhook endpoint alone, with its health check."""
    routes = (*webhooks.resource.routes, *(r for r in health.resource.routes if r.path == "/healthz"))
    app = bare_app("webhooks", Map(rules_of(routes), merge_slashes=False))
    webhooks.install(app, services)
    mount(app, services, routes)
    return app


def door_service(services: Services) -> Service:
    """Return the webhook endpoint alone, as the server serves it."""
    routes = (*webhooks.resource.routes, *health.resource.routes)
    gate = Gate(routes, senders=[webhooks.look_for_signature], in_loop=[webhooks.PATH])
    return Service(
        create_door(services),
        gate,
        limits_of(services.settings),
        in_loop=lambda: webhooks.WebhookDesk(services),
        begin=lifetime_of(services, process="webhooks"),
    )
