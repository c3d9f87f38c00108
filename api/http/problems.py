"""Turns every error into a problem document; a traceback goes to the log and never to the client."""

from __future__ import annotations

import errno
import logging
from functools import singledispatch
from typing import Any

from flask import Flask, Response
from werkzeug.exceptions import (
    ClientDisconnected,
    HTTPException,
    MethodNotAllowed,
    RequestedRangeNotSatisfiable,
    RequestEntityTooLarge,
)

from api.http.responses import problem
from orchestrator.errors import (
    ChangedMeanwhile,
    Conflict,
    Gone,
    InvalidInput,
    InvalidLink,
    LimitReached,
    Misconfigured,
    NotFound,
    StoreUnavailable,
)
from orchestrator.store.outage import is_outage, is_rolled_back_for_another

_log = logging.getLogger(__name__)
_NOT_WRITTEN = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)  # a disk that is full, or takes nothing


class Malformed(Exception):
    """Raised when a request cannot be read at all: no JSON, no UTF-8, a missing key."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


def install(app: Flask) -> None:
    """Let `app` answer every error with a problem document."""
    app.register_error_handler(Exception, to_problem)


@singledispatch
def to_problem(error: Exception) -> Response:
    """Return the problem document of `error`; an unforeseen error is logged and becomes a 500 without details."""
    if is_rolled_back_for_another(error):
        return _in_the_way(error)
    if is_outage(error):
        return _away(error)
    return _unforeseen(error)


def _unforeseen(error: Exception) -> Response:
    _log.exception("unforeseen", exc_info=error)
    return problem(500, "internal", "Something broke here; it stands in the log. Sending it again may help.")


def _in_the_way(error: Exception) -> Response:
    _log.warning("given up for another request: %s", type(error).__name__)
    detail = "Another request changed the same at the same time; try again."
    return problem(503, "store_unavailable", detail, headers={"Retry-After": "1"})


def _away(error: Exception) -> Response:
    _log.warning("a store does not answer: %s", type(error).__name__)
    return problem(503, "store_unavailable", "A store is not reachable; try again.", headers={"Retry-After": "1"})


@to_problem.register
def _(error: OSError) -> Response:
    if error.errno not in _NOT_WRITTEN:
        return _unforeseen(error)
    _log.error("nothing can be written: %s", error)
    detail = "The disk of the server takes nothing more now; try again."
    return problem(503, "no_room", detail, headers={"Retry-After": "30"})


@to_problem.register
def _(error: StoreUnavailable) -> Response:
    seconds = str(max(1, round(error.retry_after_s)))
    return problem(503, "store_unavailable", f"{error}; try again.", headers={"Retry-After": seconds})


@to_problem.register
def _(error: Misconfigured) -> Response:
    return problem(503, "misconfigured", str(error), headers={"Retry-After": "60"})


@to_problem.register
def _(error: Malformed) -> Response:
    return problem(400, error.code, error.detail)


@to_problem.register
def _(error: InvalidInput) -> Response:
    count = f"{len(error.errors)} problem" + ("" if len(error.errors) == 1 else "s")
    return problem(422, error.code, f"{count}; see errors.", errors=error.errors)


@to_problem.register
def _(error: NotFound) -> Response:
    return problem(404, "not_found", f"There is {error}.")


@to_problem.register
def _(error: Conflict) -> Response:
    beside: dict[str, Any] = {"until": error.until} if error.until else {}
    beside |= {"errors": error.errors} if error.errors else {}
    beside |= {"lists": error.lists} if error.lists else {}
    return problem(409, error.code, error.detail, current_status=error.status, allowed=error.allowed, **beside)


@to_problem.register
def _(error: ChangedMeanwhile) -> Response:
    detail = "It was changed since you read it; read it again, and send what you change with the new ETag."
    return problem(412, "changed_meanwhile", detail, headers={"ETag": error.etag})


@to_problem.register
def _(error: Gone) -> Response:
    return problem(410, error.code, error.detail)


@to_problem.register
def _(error: InvalidLink) -> Response:
    return problem(403, "link_invalid", str(error))


@to_problem.register
def _(error: LimitReached) -> Response:
    seconds = str(max(1, round(error.retry_after_s)))
    return problem(429, error.code, error.detail, headers={"Retry-After": seconds})


@to_problem.register
def _(error: HTTPException) -> Response:
    status = error.code or 500
    code = _CODES.get(status, "refused")
    return problem(status, code, error.description or "", headers=_headers(error))


@to_problem.register
def _(error: RequestEntityTooLarge) -> Response:  # noqa: ARG001 its type says it all
    return problem(413, "too_large", "The body is larger than this address accepts; send it in parts.")


@to_problem.register
def _(error: RequestedRangeNotSatisfiable) -> Response:
    size = error.length if error.length is not None else "*"
    detail = f"The file has {size} bytes; ask for some of them, such as `Range: bytes=0-`."
    return problem(416, "range_not_satisfiable", detail, headers={"Content-Range": f"bytes */{size}"})


@to_problem.register
def _(error: ClientDisconnected) -> Response:  # noqa: ARG001 its type says it all
    return problem(400, "body_incomplete", "The body ended before its announced length.")


_CODES = {400: "malformed", 404: "not_found", 405: "method_not_allowed", 415: "unsupported_media_type"}


def _headers(error: HTTPException) -> dict[str, str]:
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        return {"Allow": ", ".join(sorted(error.valid_methods))}
    return {}
