"""A server that may open no more files: it says so in its log, keeps whom it has, and serves again once it may."""

from __future__ import annotations

import json
import socket
from contextlib import ExitStack
from pathlib import Path

import psutil
import requests
from sqlalchemy import Engine, text

from orchestrator.local_stack.embedded_servers import RunningServer
from tests.support.poll import eventually
from tests.support.served import PATIENCE_S, head, read_answer, served

_MORE = 8
_END_OTHER_CONNECTIONS = text(
    "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
)


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


def test_a_server_that_can_reach_no_store_anew_names_its_files_and_not_the_store(
    front_database_url: str, front_sql: Engine, valkey_server: RunningServer
) -> None:
    with served(database_url=front_database_url, redis_url=valkey_server.url) as server, server.connect() as kept:
        eventually(lambda: "postgresql" not in _wrong(kept), within=PATIENCE_S)
        process = psutil.Process(server.process.pid)
        soft, hard = process.rlimit(psutil.RLIMIT_NOFILE)

        process.rlimit(psutil.RLIMIT_NOFILE, (3, hard))
        with front_sql.begin() as tx:
            tx.execute(_END_OTHER_CONNECTIONS)
        told = eventually(lambda: _wrong(kept).get("postgresql"), within=PATIENCE_S)
        process.rlimit(psutil.RLIMIT_NOFILE, (soft, hard))

        assert "may open no more files" in told
        eventually(lambda: "postgresql" not in _wrong(kept), within=PATIENCE_S)


def _wrong(kept: socket.socket) -> dict[str, str]:
    """Return the remedies that /readyz gives, by check, asked on a connection that is there already."""
    kept.sendall(head("GET", "/readyz", {}))
    _, _, body = read_answer(kept)
    return {check["name"]: check["remedy"] for check in json.loads(body)["checks"] if not check["ok"]}


def _readiness(url: str) -> int:
    """Return the status of /readyz, 0 while nobody answers."""
    try:
        return requests.get(f"{url}/readyz", timeout=10).status_code
    except requests.RequestException:
        return 0
