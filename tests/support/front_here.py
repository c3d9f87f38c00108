"""The server's front in a thread of this process, before an application of the test's own."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvloop

from api.http.routes import Body, Route
from api.server.admission import Gate
from api.server.connection import Connection
from api.server.in_loop import IfReady, InLoop
from api.server.limits import Limits
from api.server.shared import ServerState
from api.server.thread_pools import ThreadPool, ThreadPools
from api.server.wsgi import App

ROUTES = (
    Route(method="POST", path="/small", view=print, tag="", body=Body(max_bytes=1_000)),
    Route(method="POST", path="/large", view=print, tag="", body=Body(max_bytes=10_000_000)),
    Route(method="GET", path="/long", view=print, tag=""),
    Route(method="GET", path="/healthz", view=print, tag=""),
    Route(method="GET", path="/live", view=print, tag="", is_polled=True),
)
_PATIENT = {"head_s": 3e3, "body_s": 3e3, "body_total_s": 3e3, "answer_s": 3e3, "idle_s": 3e3, "stop_s": 0.0}


def limits(folder: Path, **changes: Any) -> Limits:
    """Return bounds that nothing meets within a test, but for the `changes`."""
    sizes = {"connections": 100, "bytes_per_s": 1e9, "memory_bytes": 10**9, "uploads_bytes": 10**9}
    return Limits(uploads_folder=folder, **{**_PATIENT, **sizes, **changes})


class Echo:
    """Answers with the body it got, and remembers every request that was handed to it."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        body = environ["wsgi.input"].read()
        self.bodies.append(body)
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
        return [body]


@contextmanager
def front_here(
    app: App,
    bounds: Limits,
    *,
    threads: int = 2,
    gate: Gate | None = None,
    in_loop: Callable[[], InLoop] | None = None,
    if_ready: IfReady = lambda _head: None,
) -> Iterator[tuple[int, ServerState]]:
    """Run it until the block ends; yields its port and itself."""
    began = threading.Event()
    running: list[Any] = []

    async def run() -> None:
        loop, stop = asyncio.get_running_loop(), asyncio.Event()
        pools, desk = ThreadPools(dict.fromkeys(ThreadPool, threads)), in_loop() if in_loop else None
        front = ServerState(app, gate or Gate(ROUTES), pools=pools, limits=bounds, in_loop=desk, if_ready=if_ready)
        server = await loop.create_server(lambda: Connection(front), "127.0.0.1", 0)
        running.extend((loop, stop, server.sockets[0].getsockname()[1], front))
        began.set()
        await stop.wait()
        server.close()
        await front.connections.empty(within_s=bounds.stop_s)
        if desk:
            desk.close()
            await asyncio.sleep(0)

    def run_loop() -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(run())

    thread = threading.Thread(target=run_loop)
    thread.start()
    began.wait(10)
    loop, stop, port, front = running
    try:
        yield port, front
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()


def connect(port: int, sent: bytes = b"", *, receive_buffer: int | None = None) -> socket.socket:
    """Return a new connection on which `sent` has been sent."""
    peer = socket.socket()
    if receive_buffer:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    peer.settimeout(30)
    peer.connect(("127.0.0.1", port))
    peer.sendall(sent)
    return peer
