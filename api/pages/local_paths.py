"""Addresses within this site: the only ones that a form or a link may send somebody on to."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Response


def local_path(wanted: str | None, *, otherwise: str = "/") -> str:
    """Return `wanted` if it is a path of this site, and `otherwise` if a browser might read another host in it."""
    if not wanted or not wanted.startswith("/") or wanted.startswith("//") or len(wanted) > 2_000:
        return otherwise
    if any(ord(char) <= 32 or char == "\\" or ord(char) >= 127 for char in wanted):
        return otherwise
    parts = urlsplit(wanted)
    return otherwise if parts.scheme or parts.netloc else wanted


def see_other(path: str) -> Response:
    """Return what sends the browser on, by GET."""
    return Response(status=303, headers={"Location": path})
