"""A real Flower on the broker of the tests, started as a stack starts it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest
import requests

from orchestrator.local_stack import command_lines
from orchestrator.local_stack.ports import free_port
from orchestrator.settings import child_environment
from tests.support.poll import eventually

AUTH = ("admin", "password-of-flower")


@pytest.fixture
def flower(redis_url: str) -> Iterator[str]:
    port = free_port()
    env = child_environment({"ORCHESTRATOR_REDIS_URL": redis_url, "FLOWER_BASIC_AUTH": ":".join(AUTH)})
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command_lines.flower(port=port), env=env, **silent)
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait(timeout=30)


def _page(address: str) -> requests.Response | None:
    try:
        return requests.get(address, auth=AUTH, timeout=5)
    except requests.RequestException:
        return None


@pytest.mark.timeout(240)
def test_the_broker_page_shows_every_queue_while_no_worker_runs(flower: str) -> None:
    page = eventually(lambda: _page(f"{flower}/broker"), within=150)
    lengths = requests.get(f"{flower}/api/queues/length", auth=AUTH, timeout=5).json()

    assert page.ok
    assert {queue["name"] for queue in lengths["active_queues"]} == {"commands", "dials"}
    assert all(name in page.text for name in ("commands", "dials"))
