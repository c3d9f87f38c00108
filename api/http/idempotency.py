"""Answers a repeated request with the first answer, which is kept for 24 hours, and executes it only once."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Callable

from flask import Response, g, request
from sqlalchemy.exc import SQLAlchemyError

from api.http.problems import Malformed, to_problem
from api.http.request_parsing import read_body
from api.http.responses import problem
from api.http.routes import Route
from orchestrator.errors import FieldError, Gone, InvalidInput
from orchestrator.ids import Prefix, new_id
from orchestrator.operations.system.idempotency import Kept, Taken, begin_request, finish_request, release_request
from orchestrator.services import Services

_log = logging.getLogger(__name__)
_FORM = re.compile(r"[\x21-\x7e]{1,255}")


def once(services: Services, route: Route, respond: Callable[[], Response]) -> Response:
    """Return the response to the present request, made at most once for each Idempotency-Key."""
    key = _key(route)
    if key is None:
        return respond()
    who = request.headers.get("Authorization", "")
    raw = read_body(request, max_bytes=route.body.max_bytes) if route.body else b""
    sent = digest_of(request.query_string.decode("latin-1"), raw)
    return once_under(
        key, scope=digest_of(request.method, request.path, who), sent=sent, services=services, respond=respond
    )


def once_under(key: str, *, scope: str, sent: str, services: Services, respond: Callable[[], Response]) -> Response:
    """Return the response to what is `sent` under a key, made at most once within a scope; both are digests."""
    begun = begin_request(key, scope=scope, body_hash=sent, sql=services.sql)
    match begun:
        case Kept():
            return _replay(begun)
        case "in_progress":
            return _still_running()
        case "erased":
            raise Gone("erased", "What this request made was erased with the person; a repeat makes nothing new.")
        case "other_body":
            raise InvalidInput(
                [FieldError("", "key_reused", "the key came with another body")], code="idempotency_key_reused"
            )
    return _perform(services, begun, respond)


def fresh_id(prefix: Prefix) -> str:
    """Return the id for what the present request makes: the same one when the request is repeated under its key."""
    begun: Taken | None = g.get("idempotency")
    return begun.new_id(prefix) if begun else new_id(prefix)


def _key(route: Route) -> str | None:
    key = request.headers.get("Idempotency-Key")
    if route.idempotency == "none":
        return None
    if key is None and route.idempotency == "required":
        raise Malformed("idempotency_key_required", "Send an Idempotency-Key: a retry without one would ring twice.")
    if key is not None and not _FORM.fullmatch(key):
        raise Malformed("idempotency_key_invalid", "An Idempotency-Key is 1 to 255 visible ASCII characters.")
    return key


def _perform(services: Services, begun: Taken, respond: Callable[[], Response]) -> Response:
    g.idempotency = begun
    try:
        response = respond()
    except Exception as err:  # noqa: BLE001 every error has a response of its own, and a refusal is kept like an answer
        response = to_problem(err)
    try:
        if response.status_code >= 500 or response.status_code == 429:
            release_request(begun, sql=services.sql)
        else:
            kept = Kept(response.status_code, response.get_data(), response.content_type)
            finish_request(begun, kept, sql=services.sql)
    except SQLAlchemyError:  # what was done stands: a repeat finds it, once this request counts as dead
        _log.exception("the answer to a request with an Idempotency-Key was not kept")
    return response


def _replay(kept: Kept) -> Response:
    headers = {"Idempotent-Replayed": "true"}
    return Response(kept.body, status=kept.status, headers=headers, content_type=kept.content_type)


def _still_running() -> Response:
    detail = "The first request with this key is still being answered."
    return problem(409, "idempotency_in_progress", detail, headers={"Retry-After": "1"})


def digest_of(*parts: str | bytes) -> str:
    """Return what stands for several parts of a request."""
    whole = hashlib.sha256()
    for part in parts:
        whole.update(part.encode() if isinstance(part, str) else part)
        whole.update(b"\0")
    return whole.hexdigest()
