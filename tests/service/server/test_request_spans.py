"""Each request of the API is a span of its route and status, and holds nothing of a person."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status
from pydantic import SecretStr

from api.service import rest_service
from orchestrator.local_stack.embedded_servers import RunningServer
from orchestrator.services import Services
from orchestrator.settings import Settings
from tests.support.front_here import front_here
from tests.support.rest import CONNECTION, KEY
from tests.support.span_receiver import receiver

CALL = "call_01K8ZZZZZZZZZZZZZZZZZZZZZZ"
PHONE = "+12025550123"


@contextmanager
def api(database_url: str, valkey: RunningServer, receiver: str) -> Iterator[str]:
    """Serve the API in this process, with spans to `receiver`; yields its address."""
    settings = Settings(
        telnyx_connection_id=CONNECTION,
        api_key=SecretStr(KEY),
        database_url=database_url,
        redis_url=valkey.url,
        OTEL_EXPORTER_OTLP_ENDPOINT=receiver,
    )
    services = Services(settings=settings)
    service = rest_service(services)
    end = service.begin()
    try:
        with front_here(service.app, service.limits, gate=service.gate, in_loop=service.in_loop) as (port, _):
            yield f"http://127.0.0.1:{port}"
    finally:
        end()
        services.close()


def ask(url: str, path: str, key: str = KEY) -> int:
    headers = {"Authorization": f"Bearer {key}", "X-Request-ID": "shop-4711"}
    return requests.get(url + path, headers=headers, timeout=30).status_code


def facts_of(span: Any) -> dict[str, str | int]:
    return {each.key: each.value.string_value or each.value.int_value for each in span.attributes}


@pytest.fixture
def spans(front_database_url: str, valkey_server: RunningServer, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Return the spans of some requests."""
    monkeypatch.delenv("OTEL_TRACES_SAMPLER", raising=False)
    with receiver() as (address, spans), api(front_database_url, valkey_server, address) as url:
        assert ask(url, f"/v1/calls/{CALL}") == 404
        assert ask(url, f"/v1/contacts?q={PHONE.replace('+', '%2B')}") == 200
        assert ask(url, "/v1/flows", key="another") == 401
        assert ask(url, "/healthz") == 200
    return spans


def test_a_request_is_a_server_span_with_its_route_and_status(spans: list[Any]) -> None:
    by_name = {span.name: span for span in spans}

    assert set(by_name) == {"GET /v1/calls/{call_id}", "GET /v1/contacts", "GET unknown"}  # refused by its head
    asked = by_name["GET /v1/calls/{call_id}"]
    assert facts_of(asked) == {
        "http.request.method": "GET",
        "http.route": "/v1/calls/{call_id}",
        "http.response.status_code": 404,
        "request_id": "shop-4711",
    }
    assert (asked.kind, asked.parent_span_id) == (Span.SPAN_KIND_SERVER, b"")
    assert asked.start_time_unix_nano < asked.end_time_unix_nano
    assert len({span.trace_id for span in spans}) == 3
    assert {span.status.code for span in spans} == {Status.STATUS_CODE_UNSET}


def test_a_span_holds_nothing_of_the_person(spans: list[Any]) -> None:
    assert PHONE.removeprefix("+") not in str(spans) and CALL not in str(spans)
