"""The server's processes: they end in order, together, and never before what is under way."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil
import pytest

from orchestrator.local_stack.embedded_servers import RunningServer
from tests.support.poll import eventually
from tests.support.served import AUTHORIZED, PATIENCE_S, Served, head, read_answer, served, signed

EVENT = b'{"data": {"id": "e-1", "event_type": "call.initiated", "payload": {}}}'
FLOW = b"name: f\nstart: bye\nsteps: {bye: {hangup: {}}}\n"
THREADS = 8
STOPPING = {"ORCHESTRATOR_HTTP_STOP_S": str(PATIENCE_S)}


def test_a_request_under_way_is_answered_before_the_server_ends(
    front_database_url: str, valkey_server: RunningServer
) -> None:
    headers = {**AUTHORIZED, "Content-Type": "application/yaml", "Content-Length": len(FLOW)}
    with ExitStack() as ends:
        server = ends.enter_context(served(database_url=front_database_url, redis_url=valkey_server.url, **STOPPING))
        idle = ends.enter_context(server.connect(head("GET", "/healthz", {})))
        assert read_answer(idle)[1].get("connection") is None
        peer = ends.enter_context(server.connect(head("POST", "/v1/flows", headers) + FLOW[:-1]))

        server.process.send_signal(signal.SIGTERM)
        eventually(lambda: _is_refused(server), within=PATIENCE_S)
        peer.sendall(FLOW[-1:])
        status, answered, _ = read_answer(peer)
        peer.close()

        assert status == 201 and answered["connection"] == "close"
        assert idle.recv(1) == b""
        assert server.process.wait(timeout=PATIENCE_S) == 0


def test_a_request_that_never_becomes_whole_does_not_hold_up_the_end(
    front_database_url: str, valkey_server: RunningServer
) -> None:
    with (
        served(database_url=front_database_url, redis_url=valkey_server.url, ORCHESTRATOR_HTTP_STOP_S="0.1") as server,
        server.connect(b"POST /v1/flows HTTP/1.1\r\n"),
    ):
        assert server.stop() == 0


@pytest.mark.parametrize("way", ["asked", "one killed"])
def test_all_processes_of_a_server_answer_and_end_together(
    front_database_url: str, valkey_server: RunningServer, way: str
) -> None:
    with served(database_url=front_database_url, redis_url=valkey_server.url, workers=2) as server:
        parent = psutil.Process(server.process.pid)
        workers = eventually(lambda: len(parent.children()) == 2 and parent.children())
        assert all(server.get("/healthz").ok for _ in range(20))

        os.kill(parent.pid if way == "asked" else workers[0].pid, signal.SIGTERM if way == "asked" else signal.SIGKILL)

        assert server.process.wait(timeout=PATIENCE_S) == (0 if way == "asked" else 1)
        eventually(lambda: not any(worker.is_running() for worker in workers), within=PATIENCE_S)


def test_processes_that_are_asked_to_end_while_they_start_have_not_failed() -> None:
    with ExitStack() as ends:
        started = ends.enter_context(subprocess.Popen([sys.executable, "-c", _STARTING], stdout=subprocess.PIPE))
        ends.callback(started.kill)  # its workers end with it
        assert started.stdout is not None
        assert started.stdout.read(2) == b"!!"
        parent = psutil.Process(started.pid)
        eventually(lambda: _handles_sigterm(parent))

        started.terminate()

        assert started.wait(timeout=PATIENCE_S) == 0


_STARTING = """
import os, time
from api.server.processes import run_in_processes
run_in_processes(lambda: (os.write(1, b"!"), time.sleep(600)), count=2)
"""


def _handles_sigterm(process: psutil.Process) -> bool:
    [caught] = re.findall(r"^SigCgt:\s*(\w+)$", Path(f"/proc/{process.pid}/status").read_text(), re.MULTILINE)
    return bool(int(caught, 16) & 1 << signal.SIGTERM - 1)


def test_a_server_may_open_as_many_files_as_its_connections_can_need(
    front_database_url: str, valkey_server: RunningServer
) -> None:
    with served(database_url=front_database_url, redis_url=valkey_server.url, open_files=600) as server:
        may_open, _ = psutil.Process(server.process.pid).rlimit(psutil.RLIMIT_NOFILE)

    assert may_open >= 2 * 512


def test_workers_end_when_their_parent_is_killed(front_database_url: str, valkey_server: RunningServer) -> None:
    with served(database_url=front_database_url, redis_url=valkey_server.url, workers=2) as server:
        parent = psutil.Process(server.process.pid)
        workers = eventually(lambda: len(parent.children()) == 2 and parent.children())

        parent.kill()
        server.process.wait(timeout=PATIENCE_S)

        eventually(lambda: not any(worker.is_running() for worker in workers), within=PATIENCE_S)


def test_webhooks_that_wait_for_a_silent_store_hold_up_nothing_else(front_database_url: str) -> None:
    webhook = head("POST", "/webhooks/telnyx", {**signed(EVENT), "Content-Length": len(EVENT)}) + EVENT
    with (
        _silent_redis() as (url, arrived),
        served(database_url=front_database_url, redis_url=url) as server,
        ExitStack() as ends,
    ):
        for _ in range(2 * THREADS):
            ends.enter_context(server.connect(webhook))
        eventually(arrived)

        assert server.get("/healthz").json()["status"] == "ok"
        assert server.get("/v1/flows").status_code == 200


@contextmanager
def _silent_redis() -> Iterator[tuple[str, Callable[[], list[socket.socket]]]]:
    """Listen where nothing is ever answered; yields the address and who has connected so far."""
    arrived: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)

        def connections() -> list[socket.socket]:
            try:
                while True:
                    arrived.append(listener.accept()[0])
            except BlockingIOError:
                return arrived

        yield f"redis://127.0.0.1:{listener.getsockname()[1]}/0", connections
        for peer in arrived:
            peer.close()


def _is_refused(server: Served) -> bool:
    try:
        with server.connect():
            return False
    except ConnectionRefusedError:
        return True
