"""A client of a carrier whose answers, good or broken, a test chooses."""

from __future__ import annotations

import socket
from typing import Any

from pydantic import SecretStr

from orchestrator.telnyx.client import TelnyxClient
from tests.support.raw_server import Behaviour, RawServer, Request


def client_of(base_url: str, **options: Any) -> TelnyxClient:
    return TelnyxClient(base_url=base_url, api_key=SecretStr("KEY-of-the-test"), **options)


def answering(*answers: bytes) -> Any:
    """Give these answers in turn, the last one for ever."""

    def behave(server: RawServer) -> Behaviour:
        def act(connection: socket.socket, _request: Request) -> None:
            connection.sendall(answers[min(len(server.requests), len(answers)) - 1])

        return act

    return behave


def behaving(act: Behaviour) -> Any:
    return lambda _server: act


def error_document(code: str, **more: Any) -> dict[str, Any]:
    return {"errors": [{"code": code, "title": "No", **more}]}
