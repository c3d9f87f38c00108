"""A TCP server that misbehaves on purpose: what it does with each request is a function on the socket."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Request:
    """One request as it arrived."""

    line: str
    headers: dict[str, str]
    body: bytes


Behaviour = Callable[[socket.socket, Request], None]


@dataclass
class RawServer:
    """What arrived so far; `connections` counts accepted ones, `stopping` is set when the test is over."""

    url: str
    requests: list[Request] = field(default_factory=list)
    connections: int = 0
    stopping: threading.Event = field(default_factory=threading.Event)


@contextmanager
def raw_server(behave: Callable[[RawServer], Behaviour], *, on_accept: Behaviour | None = None) -> Iterator[RawServer]:
    """Yield a running server; `on_accept` acts on a connection before anything is read."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = RawServer(url=f"http://127.0.0.1:{listener.getsockname()[1]}/v2")
        act = behave(server)
        threads: list[threading.Thread] = []

        def serve() -> None:
            while not server.stopping.is_set():
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                server.connections += 1
                thread = threading.Thread(target=_converse, args=(connection, server, act, on_accept), daemon=True)
                thread.start()
                threads.append(thread)

        accepting = threading.Thread(target=serve, daemon=True)
        accepting.start()
        try:
            yield server
        finally:
            server.stopping.set()
            listener.shutdown(socket.SHUT_RDWR)
            accepting.join(5)
            for thread in threads:
                thread.join(5)


def reply(status: int, body: Any, **headers: str) -> bytes:
    """Return a whole HTTP answer; `body` is JSON unless it is bytes, a header's underscores are hyphens."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = {"Content-Type": "application/json", "Content-Length": str(len(raw))}
    lines |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status} Said\r\n{head}\r\n".encode() + raw


def reset(connection: socket.socket) -> None:
    """Close with a reset instead of a goodbye."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def _converse(connection: socket.socket, server: RawServer, act: Behaviour, on_accept: Behaviour | None) -> None:
    with connection:
        connection.settimeout(0.05)
        try:
            if on_accept:
                on_accept(connection, Request("", {}, b""))
            while request := _receive(connection, server.stopping):
                server.requests.append(request)
                act(connection, request)
        except OSError:
            return


def _receive(connection: socket.socket, stopping: threading.Event) -> Request | None:
    data = b""
    while not (request := _parse(data)):
        try:
            chunk = connection.recv(65536)
        except TimeoutError:
            if stopping.is_set():
                return None
            continue
        if not chunk:
            return None
        data += chunk
    return request


def _parse(data: bytes) -> Request | None:
    head, found, body = data.partition(b"\r\n\r\n")
    if not found:
        return None
    line, *rest = head.decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (each.partition(": ") for each in rest)}
    return Request(line, headers, body) if len(body) >= int(headers.get("content-length", 0)) else None
