"""A typed client of the call orchestrator's REST API, sync (`Client`) and async (`AsyncClient`).

with Client("https://calls.example", "key") as client:
    for call in client.calls.list(disposition="human"):
        print(call["to"], call["outcome"])
"""

from orchestrator_client.answers import etag
from orchestrator_client.async_client import AsyncClient
from orchestrator_client.client import Client
from orchestrator_client.errors import (
    ApiError,
    ClientError,
    Conflict,
    Invalid,
    NotFound,
    NotReached,
    PreconditionFailed,
    RateLimited,
    Unavailable,
    UnexpectedAnswer,
)

__all__ = [
    "ApiError",
    "AsyncClient",
    "Client",
    "ClientError",
    "Conflict",
    "Invalid",
    "NotFound",
    "NotReached",
    "PreconditionFailed",
    "RateLimited",
    "Unavailable",
    "UnexpectedAnswer",
    "etag",
]
