"""The REST process: the whole API, the webhook endpoint included, so that one tunnel is enough."""

from __future__ import annotations

from api.server.service import Service
from api.service import rest_service
from orchestrator.services import open_services


def service() -> Service:
    """Return the service of this process, from its environment."""
    return rest_service(open_services())
