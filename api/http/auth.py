"""Lets in who carries the API key; everything under /v1 asks for it."""

from __future__ import annotations

import hmac

from flask import Response, request
from pydantic import SecretStr

from api.http.responses import problem
from api.server.admission import Sender
from api.server.error_responses import Refusal
from api.server.request_head import Head
from orchestrator.errors import Misconfigured

_CHALLENGE = ("WWW-Authenticate", 'Bearer realm="orchestrator"')
_WANTED = "The API key is missing or wrong; the header reads `Authorization: Bearer <API key>`."
_STRANGER = Refusal(401, "unauthorized", _WANTED, (_CHALLENGE,))


def required_key(key: SecretStr | None) -> bytes:
    """Return the key requests are held against; raise Misconfigured when none is set."""
    if key is None or not key.get_secret_value():
        raise Misconfigured("ORCHESTRATOR_API_KEY is not set: set it to the key that clients of the REST API will send")
    return key.get_secret_value().encode()


def look_for(key: bytes) -> Sender:
    """Return what refuses a stranger by the head of the request, before anything of its body is read."""

    def refuse_sender(head: Head, path: str) -> Refusal | None:
        sent = head.headers.get(b"authorization", b"").decode("latin-1")
        return None if _is_let_in(path, sent, key) else _STRANGER

    return refuse_sender


def refuse_stranger(key: bytes) -> Response | None:
    """Return a 401 unless the present request carries `key` or asks for an open address; takes the same time always."""
    if _is_let_in(request.path, request.headers.get("Authorization", ""), key):
        return None
    return problem(401, _STRANGER.code, _STRANGER.detail, headers=dict(_STRANGER.headers))


def _is_let_in(path: str, authorization: str, key: bytes) -> bool:
    scheme, _, credentials = authorization.partition(" ")
    sent = credentials.strip() if scheme.lower() == "bearer" else ""
    return not path.startswith("/v1/") or hmac.compare_digest(sent.encode(), key)
