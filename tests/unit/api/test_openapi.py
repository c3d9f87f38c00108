"""The OpenAPI document is valid and complete, and the page that shows it asks nobody."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import validate
from pydantic import SecretStr

from api import server
from api.app import ROUTES, create_app
from api.http.openapi import described_routes, openapi_document
from orchestrator.operations.calls.request_command import ACTIONS, reserved_fields
from orchestrator.services import Services
from orchestrator.settings import Settings


@cache
def _document() -> dict[str, Any]:
    return openapi_document(ROUTES)


def _client() -> Any:
    return create_app(Services(settings=Settings(api_key=SecretStr("k")))).test_client()


def _flask_addresses() -> set[str]:
    """Return the addresses of the application that are no pages and nothing of theirs."""
    app = create_app(Services(settings=Settings(api_key=SecretStr("k"))))
    return {re.sub(r"<(\w+)>", r"{\1}", rule.rule) for rule in app.url_map.iter_rules() if " " not in rule.endpoint}


def test_the_document_is_valid() -> None:
    validate(_document())

    assert _document()["openapi"].startswith("3.1")


def test_every_route_is_described_and_nothing_else() -> None:
    assert set(described_routes(_document())) == {(route.method, route.path) for route in ROUTES}
    assert _document()["paths"].keys() == _flask_addresses()


def test_everything_under_v1_asks_for_the_key_and_says_so() -> None:
    for path, operations in _document()["paths"].items():
        for operation in operations.values():
            asks = operation["security"] == [{"bearer": []}]
            assert asks == path.startswith("/v1/") and asks == ("401" in operation["responses"])


def test_nothing_under_v1_answers_without_the_key() -> None:
    client = _client()

    for method, path in described_routes(_document()):
        asked = client.open(re.sub(r"\{\w+\}", "x", path), method=method, headers={"Authorization": "Bearer wrong"})
        assert not path.startswith("/v1/") or asked.status_code == 401, (method, path)


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


def _operation(method: str, path: str) -> dict[str, Any]:
    return dict(_document()["paths"][path][method])


def _body(path: str) -> dict[str, Any]:
    ref = _operation("post", path)["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    return dict(_document()["components"]["schemas"][ref.rpartition("/")[2]])


def test_what_an_action_does_not_take_stands_in_no_body() -> None:
    for name, command in ACTIONS.items():
        fields = _body(f"/v1/calls/{{call_id}}/actions/{name}")["properties"]

        assert not fields.keys() & reserved_fields(command)
        assert "client_state" in fields


def test_a_body_that_needs_a_field_may_not_be_missing() -> None:
    for path, operations in _document()["paths"].items():
        body = operations.get("post", {}).get("requestBody", {})
        if "$ref" in body.get("content", {}).get("application/json", {}).get("schema", {}):
            assert body["required"] >= bool(_body(path).get("required")), path


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("get", "/v1/campaigns/{campaign_id}/results", "422"),
        ("post", "/v1/calls/{call_id}/media/play", "404"),
        ("get", "/v1/calls/{call_id}/media/{file}", "206"),
        ("get", "/v1/calls/{call_id}/media/{file}", "304"),
        ("get", "/v1/calls/{call_id}/media/{file}", "416"),
        ("get", "/v1/campaigns/{campaign_id}/stats", "422"),
        ("post", "/v1/dialing/stop", "422"),
        ("post", "/v1/flows", "400"),
        ("post", "/v1/calls", "410"),
        ("patch", "/v1/connections/{connection_id}", "404"),
    ],
)
def test_what_an_address_may_answer_stands_there(method: str, path: str, status: str) -> None:
    assert status in _operation(method, path)["responses"]


def test_the_document_describes_itself_as_an_object() -> None:
    content = _operation("get", "/openapi.json")["responses"]["200"]["content"]

    assert content == {"application/json": {"schema": {"type": "object"}}}


@pytest.mark.parametrize(
    ("model", "field", "good", "bad"),
    [
        ("NewErasure", "phone", "+12125550123", "12125550123"),
        ("NewCall", "to", "+12125550123", "0123"),
        ("ContactChange", "timezone", "America/Argentina/Buenos_Aires", "a b"),
        ("CallingHours-Input", "timezone", "Etc/UTC", "/x"),
        ("Speak", "client_state", "aGk=", "aGk"),
        ("Sound", "payload", "//uQ", "//u"),
        ("ForkStart", "rx", "udp:192.0.2.10:9000", "192.0.2.10:9000"),
        ("NewCampaign", "number_gap", "2h", "2 h"),
    ],
)
def test_texts_of_one_form_say_their_pattern(model: str, field: str, good: str, bad: str) -> None:
    shape = _document()["components"]["schemas"][model]["properties"][field]

    [pattern] = [kind["pattern"] for kind in (shape, *shape.get("anyOf", ())) if "pattern" in kind]

    assert re.search(pattern, good) and not re.search(pattern, bad)


def test_a_cursor_is_never_empty_and_what_is_left_out_never_null() -> None:
    [cursor] = [p["schema"] for p in _operation("get", "/v1/calls")["parameters"] if p["name"] == "cursor"]
    changes = _document()["components"]["schemas"]["CampaignChanges"]["properties"]

    assert re.search(cursor["pattern"], "Y29uXzE") and not re.search(cursor["pattern"], "")
    assert [name for name, shape in changes.items() if {"type": "null"} in shape.get("anyOf", ())] == [
        "purpose",
        "subject",
        "voice",
        "starts_at",
        "ends_at",
        "default_timezone",
        "spend",
        "description",
    ]


def test_what_the_server_itself_may_answer_stands_at_every_address() -> None:
    sources = Path(server.__file__).parent.glob("*.py")
    refused = {status for source in sources for status in re.findall(r"Refusal\((\d{3}),", source.read_text())}

    operations = [operation for address in _document()["paths"].values() for operation in address.values()]

    assert refused >= {"400", "408", "413", "431", "501", "503"}
    assert all(refused <= operation["responses"].keys() for operation in operations)
