"""What every answer carries, whoever makes it: an application, the server itself, the webhook door."""

from __future__ import annotations

import re

import pytest

from api.app import ROUTES
from api.http.routes import Route
from api.server.response_head import EVERYWHERE
from orchestrator.local_stack.embedded_servers import RunningServer
from tests.support.served import AUTHORIZED, Served, head, read_answer, served

BROKEN = {
    "no request": b"NIX\r\n\r\n",
    "no key": head("GET", "/v1/flows", {}),
    "no such address": head("GET", "/nothing", {}),
    "no such method": head("PUT", "/healthz", {"Content-Length": 0}),
    "no signature": head("POST", "/webhooks/telnyx", {"Content-Length": 2}),
    "too long a head": head("GET", "/" + "x" * 40_000, {}),
    "another coding": head("POST", "/nothing", {"Content-Encoding": "br", "Content-Length": 2}),
}


def _is_guarded(headers: dict[str, str]) -> bool:
    strict = {name.lower(): value for name, value in EVERYWHERE}
    policy = headers.pop("content-security-policy")
    no_store = "no-store" in headers.pop("cache-control")
    rest = {name: value for name, value in strict.items() if name not in ("content-security-policy", "cache-control")}
    is_policed = "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy
    return no_store and is_policed and rest.items() <= headers.items()


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_every_route_s_answers_are_guarded(api: Served, route: Route) -> None:
    path = re.sub(r"\{\w+\}", "x_1", route.path)

    with api.connect(head(route.method, path, {**AUTHORIZED, "Content-Length": 0, "Connection": "close"})) as peer:
        _, headers, _ = read_answer(peer)

    assert _is_guarded(headers)


@pytest.mark.parametrize("sent", BROKEN.values(), ids=BROKEN)
def test_what_is_refused_is_refused_in_guarded_answers(api: Served, sent: bytes) -> None:
    with api.connect(sent) as peer:
        status, headers, answer = read_answer(peer)

    assert status >= 400 and b'"code"' in answer
    assert _is_guarded(headers)


def test_the_door_s_answers_are_guarded_too(front_database_url: str, valkey_server: RunningServer) -> None:
    sent = {**BROKEN, "healthz": head("GET", "/healthz", {}), "options": head("OPTIONS", "/healthz", {})}
    with served(database_url=front_database_url, redis_url=valkey_server.url, only_webhooks=True) as door:
        for request in sent.values():
            with door.connect(request) as peer:
                assert _is_guarded(read_answer(peer)[1])


def test_the_reference_runs_its_own_script_alone(api: Served) -> None:
    page = api.get("/docs")

    policy = page.headers["Content-Security-Policy"]
    assert "unsafe" not in policy and policy.count("'sha256-") == 2
    assert page.text.count("<script>") == page.text.count("<style>") == 1
    assert not re.search(r"\son\w+=|\sstyle=|javascript:", page.text.partition("<script>")[0])
