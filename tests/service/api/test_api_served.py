"""The REST API behind its real server: what a test client cannot show."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from orchestrator.settings import Settings
from tests.support.rest import CALLER_ID, KEY
from tests.support.served import served

HEADERS = {"Authorization": f"Bearer {KEY}"}
FLOW = "name: f\nstart: bye\nsteps: {bye: {hangup: {}}}\n"


@pytest.fixture
def url(settings: Settings) -> Iterator[str]:
    with served(database_url=settings.database_url, redis_url=settings.redis_url) as server:
        yield server.url


def _campaign(url: str) -> str:
    headers = {**HEADERS, "Content-Type": "application/yaml"}
    requests.post(f"{url}/v1/flows", data=FLOW, headers=headers, timeout=10).raise_for_status()
    document = {"name": "x", "flow": "f", "caller_ids": [CALLER_ID]}
    return str(requests.post(f"{url}/v1/campaigns", json=document, headers=HEADERS, timeout=10).json()["id"])


def test_an_upload_may_come_in_pieces_of_unknown_length(url: str) -> None:
    campaign = _campaign(url)
    pieces = (f"+1212555{n:04d}\n".encode() if n else b"phone\n" for n in range(2001))
    headers = {**HEADERS, "Content-Type": "text/csv"}

    done = requests.post(f"{url}/v1/campaigns/{campaign}/imports", data=pieces, headers=headers, timeout=30)

    assert done.status_code == 201 and done.json()["accepted"] == 2000
