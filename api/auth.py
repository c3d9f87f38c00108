"""Lets in who carries the API key; everything under /v1 asks for it."""

from __future__ import annotations

import hmac

from flask import Response, request
from pydantic import SecretStr

from api.answers import problem
from orchestrator.errors import Misconfigured

_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="orchestrator"'}


def required_key(key: SecretStr | None) -> bytes:
    """Return the key requests are held against; raise Misconfigured when none is set."""
    if key is None or not key.get_secret_value():
        raise Misconfigured("ORCHESTRATOR_API_KEY is not set: set it to the key that clients of the REST API will send")
    return key.get_secret_value().encode()


def refuse_stranger(key: bytes) -> Response | None:
    """Return a 401 unless the present request carries `key` or asks for an open address; takes the same time always."""
    if not request.path.startswith("/v1/") or hmac.compare_digest(_sent().encode(), key):
        return None
    return problem(401, "unauthorized", "Send the header `Authorization: Bearer <API key>`.", headers=_CHALLENGE)


def _sent() -> str:
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    return credentials.strip() if scheme.lower() == "bearer" else ""
