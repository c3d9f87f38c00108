"""The OpenAPI document is valid and complete, and the page that shows it asks nobody."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import pytest
from openapi_spec_validator import validate
from pydantic import SecretStr

from api.app import create_app
from api.catalogue import ROUTES
from api.openapi import described_routes, openapi_document
from orchestrator.settings import Settings
from orchestrator.wiring import House


@cache
def _document() -> dict[str, Any]:
    return openapi_document(ROUTES)


def _client() -> Any:
    return create_app(House(settings=Settings(api_key=SecretStr("k")))).test_client()


def _flask_routes() -> set[tuple[str, str]]:
    app = create_app(House(settings=Settings(api_key=SecretStr("k"))))
    return {
        (method, re.sub(r"<(\w+)>", r"{\1}", rule.rule))
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def test_the_document_is_valid() -> None:
    validate(_document())

    assert _document()["openapi"].startswith("3.1")


def test_every_route_is_described_and_nothing_else() -> None:
    assert set(described_routes(_document())) == _flask_routes()


def test_everything_under_v1_asks_for_the_key_and_says_so() -> None:
    for path, operations in _document()["paths"].items():
        for operation in operations.values():
            asks = operation["security"] == [{"bearer": []}]
            assert asks == path.startswith("/v1/") and asks == ("401" in operation["responses"])


def test_every_operation_has_a_name_of_its_own_and_a_sentence() -> None:
    operations = [o for path in _document()["paths"].values() for o in path.values()]

    assert len({operation["operationId"] for operation in operations}) == len(operations)
    assert all(operation["summary"] for operation in operations)


def test_every_reference_leads_somewhere() -> None:
    text = str(_document())

    names = set(re.findall(r"#/components/schemas/([\w.-]+)", text))

    assert names and names <= _document()["components"]["schemas"].keys()


@pytest.mark.parametrize("path", ["/v1/calls", "/v1/campaigns", "/v1/flows"])
def test_where_a_key_makes_repeats_safe_the_document_says_so(path: str) -> None:
    parameters = _document()["paths"][path]["post"]["parameters"]

    (header,) = [parameter for parameter in parameters if parameter["name"] == "Idempotency-Key"]
    assert header["required"] == (path == "/v1/calls")


def test_the_document_and_its_page_are_served_to_anybody() -> None:
    client = _client()

    assert client.get("/openapi.json").json == _document()
    assert client.get("/docs").status_code == 200


def test_the_page_asks_nobody_else() -> None:
    page = _client().get("/docs")

    assert page.mimetype == "text/html" and "default-src 'none'" in page.headers["Content-Security-Policy"]
    outside = set(re.findall(r"(?:src|href)=\"(?:https?:)?//", page.text)) | set(
        re.findall(r"@import|url\(", page.text)
    )
    assert outside == set()
    assert "{{document}}" not in page.text and page.text.count("</script>") == 2
