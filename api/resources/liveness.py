"""Health of this process alone."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from api.http.routes import Resource
from orchestrator.services import Services

resource = Resource("health")


class HealthQuery(BaseModel):
    """A value to be echoed: a client that gets it back has reached this very process."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    nonce: str | None = Field(None, max_length=200)


class Liveness(BaseModel):
    """The answer of a process that runs."""

    status: Literal["ok"] = "ok"
    nonce: str | None = None


@resource.route("GET", "/healthz", query=HealthQuery, gives={200: Liveness}, fails=(422,))
def healthz(services: Services, query: HealthQuery) -> Liveness:  # noqa: ARG001 it asks nothing of the stores
    """Say that this process runs."""
    return Liveness(nonce=query.nonce)
