"""Turns what a view returns into responses: models into JSON, refusals into problem documents (RFC 9457)."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, NamedTuple

import orjson
from flask import Response
from pydantic import BaseModel, PrivateAttr

JSON = "application/json"
PROBLEM = "application/problem+json"


class Refusal(NamedTuple):
    """A refusal that needs no work of the application: what becomes of it is a problem document."""

    status: int
    code: str
    detail: str
    headers: tuple[tuple[str, str], ...] = ()


# What any request may be answered before its route is asked; the OpenAPI document says so of every route.
REFUSALS_OF_THE_SERVER = frozenset({400, 408, 413, 415, 417, 431, 500, 501, 503})


class Tagged(BaseModel):
    """Something that people edit; its answer carries an ETag (api/http/etags.py)."""

    _etag: str = PrivateAttr("")
    _is_whole: bool = PrivateAttr(default=False)

    @property
    def etag(self) -> str:
        """The tag; a form that was made of this version says it when it is sent."""
        return self._etag


def answer(model: BaseModel, status: int = 200, *, headers: Mapping[str, str] | None = None) -> Response:
    """Return `model` as a JSON response, with the ETag of one that has it."""
    if isinstance(model, Tagged) and model._etag:
        headers = {**(headers or {}), "ETag": model._etag}
    return Response(model.model_dump_json(), status=status, headers=headers, content_type=JSON)


def nothing() -> Response:
    """Return an empty 204."""
    return Response(status=204)


def problem(
    status: int, code: str, detail: str, *, headers: Mapping[str, str] | None = None, **members: Any
) -> Response:
    """Return a problem document; `code` is stable and for programs, `detail` says what to do and is for people."""
    document = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        **members,
    }
    return Response(orjson.dumps(document), status=status, headers=headers, content_type=PROBLEM)
