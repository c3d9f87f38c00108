"""A proxy that connects (CONNECT) and keeps account; every name leads to this machine."""

from __future__ import annotations

import socket
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class ConnectProxy:
    """What it was asked; with a `password` (user:password) it lets nobody else through."""

    address: str
    password: str = ""
    asked: list[str] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)

    def url(self, user: str = "") -> str:
        """Return the setting that leads here."""
        return f"http://{user}@{self.address}" if user else f"http://{self.address}"


@contextmanager
def connect_proxy(password: str = "") -> Iterator[ConnectProxy]:
    """Yield a running proxy."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        proxy = ConnectProxy(f"127.0.0.1:{listener.getsockname()[1]}", password)

        def serve() -> None:
            while True:
                try:
                    client, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=_converse, args=(proxy, client), daemon=True).start()

        accepting = threading.Thread(target=serve, daemon=True)
        accepting.start()
        try:
            yield proxy
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            accepting.join(5)


def _converse(proxy: ConnectProxy, client: socket.socket) -> None:
    with client, suppress(OSError):
        client.settimeout(5)
        head = b""
        while b"\r\n\r\n" not in head and (piece := client.recv(4096)):
            head += piece
        line, *_ = head.decode("latin-1").split("\r\n")
        method, target, _ = line.split(" ", 2)
        proxy.asked.append(f"{method} {target}")
        proxy.heads.append(head.decode("latin-1"))
        known = f"Basic {b64encode(proxy.password.encode()).decode()}"
        if proxy.password and known not in head.decode("latin-1"):
            client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            return
        with socket.create_connection(("127.0.0.1", int(target.rpartition(":")[2])), timeout=5) as server:
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=_pour, args=(server, client), daemon=True)
            back.start()
            _pour(client, server)
            back.join(5)


def _pour(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(65536):
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)
