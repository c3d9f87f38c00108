"""The API's own reference: the OpenAPI document, and a page that shows it without asking anybody else."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import orjson
from flask import Response

from api.answers import JSON
from api.openapi import openapi_document
from api.routes import Resource
from orchestrator.wiring import House

resource = Resource("reference")

_PAGE = Path(__file__).parent / "docs.html"


@cache
def document_bytes() -> bytes:
    """Return the OpenAPI document as JSON."""
    from api.catalogue import ROUTES  # the catalogue holds this file's own routes

    return orjson.dumps(openapi_document(ROUTES))


@resource.route("GET", "/openapi.json", gives={200: (JSON,)})
def openapi(house: House) -> Response:  # noqa: ARG001 it is the same everywhere
    """Describe this API as OpenAPI 3.1."""
    return Response(document_bytes(), content_type=JSON)


@resource.route("GET", "/docs", gives={200: ("text/html",)})
def docs(house: House) -> Response:  # noqa: ARG001 it is the same everywhere
    """Show the reference; the page needs no network."""
    page = _PAGE.read_text(encoding="utf-8").replace("{{document}}", _embeddable(document_bytes()))
    return Response(page, content_type="text/html; charset=utf-8", headers={"Content-Security-Policy": _POLICY})


_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'"


def _embeddable(document: bytes) -> str:
    return document.decode().replace("<", "\\u003c")
