"""A server that may open no more files: it says so in its log, keeps whom it has, and serves again once it may."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import psutil
import requests

from orchestrator.local_stack.embedded_servers import RunningServer
from tests.support.poll import eventually
from tests.support.served import PATIENCE_S, head, read_answer, served

_MORE = 8


def test_a_server_without_files_for_another_connection_serves_again_once_some_are_closed(
    front_database_url: str, valkey_server: RunningServer, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    with served(database_url=front_database_url, redis_url=valkey_server.url, log=log) as server:
        process = psutil.Process(server.process.pid)
        most = process.num_fds() + _MORE
        process.rlimit(psutil.RLIMIT_NOFILE, (most, most))
        with ExitStack() as peers:
            first, *_ = [peers.enter_context(server.connect()) for _ in range(2 * _MORE)]
            eventually(lambda: "Too many open files" in log.read_text(), within=PATIENCE_S)

            first.sendall(head("GET", "/healthz", {}))
            assert read_answer(first)[0] == 200

        assert eventually(lambda: _readiness(server.url), within=PATIENCE_S, every=0.2)
        assert server.process.poll() is None


def _readiness(url: str) -> int:
    """Return the status of /readyz, 0 while nobody answers."""
    try:
        return requests.get(f"{url}/readyz", timeout=10).status_code
    except requests.RequestException:
        return 0
