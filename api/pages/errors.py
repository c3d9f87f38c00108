"""What a page says when something went wrong: the same as REST's problem document, for people."""

from __future__ import annotations

from flask import Response, request
from werkzeug.exceptions import NotFound as NoSuchAddress

from api.http.problems import to_problem
from api.pages.rendering import Renderer
from api.pages.security_headers import secure
from api.pages.visit import RoleNeeded

_TITLES = {
    400: "This request cannot be read",
    403: "You may not do this",
    404: "There is nothing here",
    405: "This cannot be done here",
    409: "This is not possible at this moment",
    410: "This is gone",
    412: "Somebody has changed this meanwhile",
    413: "The file is too large",
    422: "Something in the form is wrong",
    429: "Too many at once",
    503: "A part of the system is away",
}


def error_page(renderer: Renderer, error: Exception) -> Response:
    """Return the page for an error; it asks no store, for one of them may be what is away."""
    status, detail, headers = _told(error)
    html = renderer.render(
        "error.html",
        status=status,
        title=_TITLES.get(status, "Something went wrong"),
        detail=detail,
        path=request.path,
    )
    return secure(Response(html, status=status, headers=headers, content_type="text/html; charset=utf-8"))


def is_asked_by_browser() -> bool:
    """Say whether who asks for an address that is not there wants to read a page."""
    return not request.path.startswith("/v1/") and "text/html" in request.headers.get("Accept", "")


def _told(error: Exception) -> tuple[int, str, dict[str, str]]:
    if isinstance(error, RoleNeeded):
        return 403, f"{error} Ask somebody with this role.", {}
    if isinstance(error, NoSuchAddress):
        return 404, "Nothing has this address: it was mistyped, or what stood here is gone.", {}
    refused = to_problem(error)
    told = refused.get_json()
    wrong = [f"{each['pointer'].lstrip('/?')}: {each['detail']}" for each in told.get("errors", [])]
    kept = {name: value for name, value in refused.headers.items() if name in ("Retry-After", "Allow")}
    return refused.status_code, "; ".join(wrong) or told["detail"], kept
