"""Checks the API key, which everything under /v1 asks for."""

from __future__ import annotations

import hmac

from flask import Response, request
from pydantic import SecretStr

from api.http.responses import Refusal, problem
from orchestrator.errors import Misconfigured

_CHALLENGE = ("WWW-Authenticate", 'Bearer realm="orchestrator"')
_WANTED = "The API key is missing or wrong; the header reads `Authorization: Bearer <API key>`."
_UNAUTHORIZED = Refusal(401, "unauthorized", _WANTED, (_CHALLENGE,))


def required_key(key: SecretStr | None) -> bytes:
    """Return the key requests are held against; raise Misconfigured when none is set."""
    if key is None or not key.get_secret_value():
        raise Misconfigured("ORCHESTRATOR_API_KEY is not set: set it to the key that clients of the REST API will send")
    return key.get_secret_value().encode()


def refusal_of(path: str, authorization: str, key: bytes) -> Refusal | None:
    """Return why a request of `path` with this header is refused, or None; it always takes the same time."""
    scheme, _, credentials = authorization.partition(" ")
    sent = credentials.strip() if scheme.lower() == "bearer" else ""
    is_let_in = not path.startswith("/v1/") or hmac.compare_digest(sent.encode(), key)
    return None if is_let_in else _UNAUTHORIZED


def refuse_stranger(key: bytes) -> Response | None:
    """Return a 401 unless the present request carries `key` or asks for an address that is open to everybody."""
    refusal = refusal_of(request.path, request.headers.get("Authorization", ""), key)
    return refusal and problem(refusal.status, refusal.code, refusal.detail, headers=dict(refusal.headers))
