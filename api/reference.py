"""The API's reference: the OpenAPI document, and a page that shows it without loading anything from elsewhere."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path

import orjson
from flask import Response

from api.http.openapi import openapi_document
from api.http.responses import JSON
from api.http.routes import Resource, Route
from orchestrator.services import Services

_PAGE = Path(__file__).parent / "docs.html"


def with_reference(routes: Sequence[Route]) -> tuple[Route, ...]:
    """Return `routes` and those of a reference that describes them all, its own included."""
    resource = Resource("reference")

    @cache
    def document() -> bytes:
        return orjson.dumps(openapi_document([*routes, *resource.routes]))

    @resource.route("GET", "/openapi.json", gives={200: (JSON,)})
    def openapi(services: Services) -> Response:  # noqa: ARG001 it is the same everywhere
        """Describe this API as OpenAPI 3.1."""
        return Response(document(), content_type=JSON)

    @resource.route("GET", "/docs", gives={200: ("text/html",)})
    def docs(services: Services) -> Response:  # noqa: ARG001 it is the same everywhere
        """Show the reference; the page needs no network."""
        page = _PAGE.read_text(encoding="utf-8")
        whole = page.replace("{{document}}", _embeddable(document()))
        headers = {"Content-Security-Policy": _policy(page)}
        return Response(whole, content_type="text/html; charset=utf-8", headers=headers)

    return (*routes, *resource.routes)


def _policy(page: str) -> str:
    """Return what a browser may do with the page: run its own script and style, known by their hashes, and no other."""
    own = {tag: _hash(page, tag) for tag in ("style", "script")}
    sources = f"style-src {own['style']}; script-src {own['script']}"
    return f"default-src 'none'; {sources}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def _hash(page: str, tag: str) -> str:
    inside = page.partition(f"<{tag}>")[2].partition(f"</{tag}>")[0]
    return f"'sha256-{b64encode(sha256(inside.encode()).digest()).decode()}'"


def _embeddable(document: bytes) -> str:
    return document.decode().replace("<", "\\u003c")
