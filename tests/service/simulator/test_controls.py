"""The simulator's controls need no key: programs may use them, web pages may not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from tests.support.simulator import SimulatorProcess, simulator

_CONTROLS = [
    ("GET", "/ledger"),
    ("GET", "/faults"),
    ("POST", "/faults"),
    ("POST", "/control"),
    ("POST", "/inbound"),
    ("POST", "/callees/x"),
]


@pytest.fixture(scope="module")
def running() -> Iterator[SimulatorProcess]:
    with simulator(public_url="http://carrier.example:8002") as running:
        yield running


def _ask(running: SimulatorProcess, method: str, path: str, **headers: str) -> requests.Response:
    body = b'{"down": true}' if method == "POST" else b""
    kind = {"Content-Type": "application/json"} if body else {}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return requests.request(method, running.url + path, data=body, headers={**kind, **named}, timeout=5)


@pytest.mark.parametrize(("method", "path"), _CONTROLS)
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:8002"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "same-origin"},
        {"Host": "evil.example:8002"},
        {"Host": "127.0.0.1.evil.example"},
        {"Host": "["},
    ],
)
def test_requests_that_a_web_page_could_send_are_refused_by_controls(
    running: SimulatorProcess, method: str, path: str, headers: dict[str, str]
) -> None:
    answer = _ask(running, method, path, **headers)

    assert answer.status_code == 403
    assert next(iter(headers)) in answer.json()["error"]


@pytest.mark.parametrize(("method", "path"), [control for control in _CONTROLS if control[0] == "POST"])
@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "text/plain; application/json"],
)
def test_a_body_that_a_page_may_send_without_preflight_is_refused_by_controls(
    running: SimulatorProcess, method: str, path: str, kind: str
) -> None:
    answer = _ask(running, method, path, Content_Type=kind)

    assert answer.status_code == 403
    assert "application/json was expected" in answer.json()["error"]
    assert requests.get(f"{running.base_url}/public_key", timeout=5).status_code == 401  # not down


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8002", "localhost:8002", "[::1]:8002", "simulator:8000", "carrier.example:8002", "a.localhost"]
)
def test_programs_use_the_controls_by_any_host_name_of_the_simulator(running: SimulatorProcess, host: str) -> None:
    answer = _ask(running, "GET", "/faults", Host=host)

    assert answer.status_code == 200


def test_a_typed_address_shows_the_ledger(running: SimulatorProcess) -> None:
    answer = _ask(running, "GET", "/ledger", Sec_Fetch_Site="none")

    assert answer.status_code == 200
