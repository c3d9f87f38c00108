"""The REST process: the whole API, the webhook endpoint included, so that one tunnel is enough."""

from __future__ import annotations

from api.server.service import Service
from api.service import rest_service
from orchestrator.operations.system.refuse_old_schema import refuse_old_schema_if_known
from orchestrator.services import open_services


def service() -> Service:
    """Return the service of this process, from its environment; ends it where the schema is too old."""
    services = open_services()
    refuse_old_schema_if_known(services.sql)
    return rest_service(services)
