"""What the server runs: an application, what decides on the heads of its requests, and its bounds."""

from __future__ import annotations

from typing import NamedTuple

from api.app import create_app, create_door
from api.http import auth
from api.resources import health, webhooks
from api.resources.catalogue import ROUTES
from api.server.admission import Gate
from api.server.limits import Limits, limits_of
from api.server.wsgi import App
from orchestrator.services import Services


class Service(NamedTuple):
    """An application that can be served."""

    app: App
    gate: Gate
    limits: Limits


def rest_service(services: Services) -> Service:
    """Return the REST API with the webhook door; raises Misconfigured when no API key is set."""
    key = auth.required_key(services.settings.api_key)
    gate = Gate(ROUTES, senders=[auth.look_for(key), webhooks.look_for_signature])
    return Service(webhooks.express(create_app(services)), gate, limits_of(services.settings))


def door_service(services: Services) -> Service:
    """Return the webhook door alone."""
    gate = Gate((*webhooks.resource.routes, *health.resource.routes), senders=[webhooks.look_for_signature])
    return Service(webhooks.express(create_door(services)), gate, limits_of(services.settings))
