"""Exception hierarchy; each class says what its caller can do.

ClientError
├── NotReached              nobody answered, or not to the end: try again later
├── UnexpectedAnswer        what answered is not this API: correct `base_url`
└── ApiError                the API refused; `code` is stable, `detail` is for people
    ├── Invalid             400, 413, 415, 422: the request is wrong, `errors` names every field
    ├── NotFound            404, 410: the id names nothing, or no longer
    ├── Conflict            409: the state of the resource does not allow it
    ├── PreconditionFailed  412, 428: somebody else changed the resource: read it again
    ├── RateLimited         429: try again after `retry_after_s`
    └── Unavailable         502, 503, 504: try again after `retry_after_s`
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class ClientError(Exception):
    """Base class of every exception that this client raises about a request."""


class NotReached(ClientError):
    """Raised when no whole answer came: nobody listens, the connection broke, or the time was up.

    `was_sent` is False if the API certainly has not seen the request; otherwise it may have carried it out.
    """

    def __init__(self, detail: str, *, was_sent: bool) -> None:
        super().__init__(detail)
        self.was_sent = was_sent


class UnexpectedAnswer(ClientError):
    """Raised when the answer is none of this API: a redirect, HTML, or not JSON."""


class ApiError(ClientError):
    """Raised when the API refuses a request.

    `status` is that of HTTP, `code` a stable word for programs ("" if what refused is not the API itself), `detail` a
    sentence for people. `errors` are the wrong fields, each {"pointer", "code", "detail"}, `field` is the pointer of
    the first. `problem` is the whole document (RFC 9457). `retry_after_s` is how long the API asks to wait, in seconds.
    """

    def __init__(
        self,
        status: int,
        problem: Mapping[str, Any],
        *,
        request_id: str | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        self.status, self.problem = status, dict(problem)
        self.code = str(problem.get("code") or "")
        self.detail = str(problem.get("detail") or problem.get("title") or "no reason given")
        self.errors = _errors(problem)
        self.field: str | None = self.errors[0].get("pointer") if self.errors else None
        self.request_id, self.retry_after_s = request_id, retry_after_s
        wrong = [f"  {error.get('pointer', '')}: {error.get('detail', '')}" for error in self.errors]
        super().__init__("\n".join([f"{self.detail} ({status})", *wrong]))


class Invalid(ApiError):
    """Raised when the request is wrong; nothing was changed."""


class NotFound(ApiError):
    """Raised when the id names nothing, or what it named is gone."""


class Conflict(ApiError):
    """Raised when the state of the resource does not allow the request; nothing was changed."""


class PreconditionFailed(ApiError):
    """Raised when the resource is no longer the one whose ETag was sent; nothing was changed."""


class RateLimited(ApiError):
    """Raised when there were too many requests; nothing was changed."""


class Unavailable(ApiError):
    """Raised when the API, or something that it needs, is not available."""


_CLASSES: Mapping[int, type[ApiError]] = {
    **dict.fromkeys((400, 413, 415, 422), Invalid),
    **dict.fromkeys((404, 410), NotFound),
    409: Conflict,
    **dict.fromkeys((412, 428), PreconditionFailed),
    429: RateLimited,
    **dict.fromkeys((502, 503, 504), Unavailable),
}


def class_of(status: int) -> type[ApiError]:
    """Return the class of the error for a status of 400 or more."""
    return _CLASSES.get(status, ApiError)


def _errors(problem: Mapping[str, Any]) -> list[dict[str, Any]]:
    given = problem.get("errors")
    return [error for error in given if isinstance(error, dict)] if isinstance(given, list) else []
