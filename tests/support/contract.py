"""Holds an answer of the REST API against the OpenAPI document: its status, its media type, and its shape."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from flask import Flask
from jsonschema_rs import Draft202012Validator
from werkzeug.exceptions import HTTPException
from werkzeug.test import TestResponse

from api.app import ROUTES
from api.http.openapi import openapi_document


@cache
def _document() -> dict[str, Any]:
    return openapi_document(ROUTES)


def check_answer(app: Flask, method: str, path: str, answer: TestResponse) -> None:
    """Fail for an answer that the document does not know of."""
    try:
        template, _ = app.url_map.bind("localhost").match(path.partition("?")[0], method=method)
    except HTTPException:
        return  # there is no such address
    operation = _document()["paths"][template].get({"HEAD": "get"}.get(method, method.lower()))
    if operation is None:
        assert answer.status_code in (401, 405), f"{method} {template} is in no document, and answers"
        return
    described = operation["responses"].get(str(answer.status_code))
    assert described, f"{method} {template} does not say that it may answer {answer.status_code}: {answer.text[:300]}"
    content = described.get("content", {})
    assert not content or answer.mimetype in content, f"{answer.mimetype} instead of {list(content)}"
    if answer.mimetype in ("application/json", "application/problem+json") and answer.data:
        schema = content[answer.mimetype]["schema"]
        _validator(json.dumps(schema)).validate(answer.json)


@cache
def _validator(schema: str) -> Draft202012Validator:
    return Draft202012Validator({**json.loads(schema), "components": _document()["components"]})
