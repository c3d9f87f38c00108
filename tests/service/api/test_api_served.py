"""The REST API behind its real server: what a test client cannot show."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator

import pytest
import requests
from pydantic import SecretStr
from sqlalchemy import Engine, text

from orchestrator.settings import Settings, child_environment
from orchestrator.stack import command_lines
from tests.support.poll import eventually
from tests.support.rest import CALLER_ID, KEY

HEADERS = {"Authorization": f"Bearer {KEY}"}
FLOW = "name: f\nstart: bye\nsteps: {bye: {hangup: {}}}\n"


@pytest.fixture
def served(settings: Settings, free_port: int) -> Iterator[str]:
    command = command_lines.serve(only_webhooks=False, host="127.0.0.1", port=free_port)
    secret = settings.api_key or SecretStr("")
    environment = child_environment(
        {
            "ORCHESTRATOR_REDIS_URL": settings.redis_url,
            "ORCHESTRATOR_DATABASE_URL": settings.database_url,
            "ORCHESTRATOR_API_KEY": secret.get_secret_value(),
            "TELNYX_CONNECTION_ID": settings.connection_id(),
        }
    )
    server = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{free_port}"
    eventually(lambda: _answers(url), within=30)
    yield url
    server.terminate()
    server.wait(10)


def _answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/healthz", timeout=2).ok
    except requests.ConnectionError:
        return False


def _campaign(url: str) -> str:
    headers = {**HEADERS, "Content-Type": "application/yaml"}
    requests.post(f"{url}/v1/flows", data=FLOW, headers=headers, timeout=10).raise_for_status()
    document = {"name": "x", "flow": "f", "caller_ids": [CALLER_ID]}
    return str(requests.post(f"{url}/v1/campaigns", json=document, headers=HEADERS, timeout=10).json()["id"])


def _break_off(url: str, path: str, body: bytes, *, media: str) -> None:
    host, port = url.removeprefix("http://").split(":")
    head = (
        f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\n"
        f"Content-Type: {media}\r\nContent-Length: {len(body) + 100}\r\n\r\n"
    )
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(head.encode() + body)


def test_an_upload_that_breaks_off_is_not_taken_for_a_whole_one(served: str, sql: Engine) -> None:
    campaign = _campaign(served)
    rows = "phone\n" + "".join(f"+1212555{n:04d}\n" for n in range(1500))

    _break_off(served, f"/v1/campaigns/{campaign}/imports", rows.encode(), media="text/csv")

    def ended() -> tuple[str, int] | None:
        with sql.connect() as connection:
            row = connection.execute(text("SELECT status, accepted FROM imports WHERE status <> 'running'")).first()
        return (row.status, row.accepted) if row else None

    assert eventually(ended) == ("failed", 1500)


def test_a_flow_that_breaks_off_is_not_stored(served: str) -> None:
    _break_off(served, "/v1/flows", FLOW.encode(), media="application/yaml")

    stored = requests.get(f"{served}/v1/flows", headers=HEADERS, timeout=10).json()
    assert stored["data"] == []


def test_an_upload_may_come_in_pieces_of_unknown_length(served: str) -> None:
    campaign = _campaign(served)
    pieces = (f"+1212555{n:04d}\n".encode() if n else b"phone\n" for n in range(2001))
    headers = {**HEADERS, "Content-Type": "text/csv"}

    done = requests.post(f"{served}/v1/campaigns/{campaign}/imports", data=pieces, headers=headers, timeout=30)

    assert done.status_code == 201 and done.json()["accepted"] == 2000
