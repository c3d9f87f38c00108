"""The process of the webhook endpoint alone, so that no work of the API ever delays an event (R24)."""

from __future__ import annotations

from api.door import door_service
from api.server.service import Service
from orchestrator.services import open_services


def service() -> Service:
    """Return the service of this process, from its environment."""
    return door_service(open_services())
