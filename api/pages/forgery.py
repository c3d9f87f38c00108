"""Refuses forms that were not sent from a page of this site, by the one who has signed in."""

from __future__ import annotations

import hmac
from urllib.parse import urlsplit

from flask import Request
from werkzeug.exceptions import Forbidden

_STRANGE = "This form was not sent from a page of this site, so nothing was done."
_OLD = "This page is older than your sign-in, so nothing was done. Load it again and repeat what you did."


def refuse_other_sites(request: Request) -> None:
    """Raise Forbidden unless the browser says that a page of this site sent the form; one that is silent has not."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        if site != "same-origin":
            raise Forbidden(_STRANGE)
        return
    hosts = {request.host, request.headers.get("X-Forwarded-Host", request.host)}
    if _host_of(request.headers.get("Origin", "")) not in hosts:
        raise Forbidden(_STRANGE)


def _host_of(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None


def refuse_other_sessions(request: Request, csrf: str) -> None:
    """Raise Forbidden unless the form carries the token of the session that sends it."""
    if not hmac.compare_digest(request.form.get("csrf", "").encode(), csrf.encode()):
        raise Forbidden(_OLD)
