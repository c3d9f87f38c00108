"""A proxy in front of PostgreSQL that loses answers and falls silent on purpose."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import unquote

from sqlalchemy import make_url

_READ = 65536


class PostgresProxy:
    """What passes between the two sides; `url` leads through it, `lost` counts the answers that were lost."""

    def __init__(self, database_url: str) -> None:
        target = make_url(database_url)
        self._socket_path = f"{unquote(str(target.query['host']))}/.s.PGSQL.5432"
        self.listener = socket.create_server(("127.0.0.1", 0))
        via = target.set(host="127.0.0.1", port=self.listener.getsockname()[1], query={})
        self.url = via.update_query_dict({"sslmode": "disable"}).render_as_string(hide_password=False)
        self.speaks = threading.Event()
        self.speaks.set()
        self.lost = 0
        self._marker, self._after = b"", b""
        self._sockets: list[socket.socket] = []

    def lose_answer_to(self, marker: str, *, after: str = "") -> None:
        """Let the next request that contains `marker` be carried out, and its connection be reset without an answer.

        With `after` it is the next one behind a request that contains this.
        """
        self._marker, self._after = marker.encode(), after.encode()

    def serve(self) -> None:
        """Take connections until the listener is closed."""
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            server.connect(self._socket_path)
            self._sockets += [client, server]
            threading.Thread(target=self._converse, args=(client, server), daemon=True).start()

    def close(self) -> None:
        """End every connection."""
        self.speaks.set()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for each in self._sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def _converse(self, client: socket.socket, server: socket.socket) -> None:
        is_lost = threading.Event()
        threading.Thread(target=self._pass, args=(server, client, is_lost), daemon=True).start()
        with suppress(OSError):
            while data := client.recv(_READ):
                self.speaks.wait()
                if self._is_to_be_lost(data):
                    is_lost.set()
                server.sendall(data)
        server.close()

    def _is_to_be_lost(self, data: bytes) -> bool:
        if self._after in data:
            self._after = b""
        if not self._marker or self._after or self._marker not in data:
            return False
        self._marker = b""
        return True

    def _pass(self, server: socket.socket, client: socket.socket, is_lost: threading.Event) -> None:
        with suppress(OSError):
            while data := server.recv(_READ):
                self.speaks.wait()
                if is_lost.is_set():
                    self.lost += 1
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    break
                client.sendall(data)
        client.close()


@contextmanager
def postgres_proxy(database_url: str) -> Iterator[PostgresProxy]:
    """Yield a proxy in front of the database at `database_url`, whose server answers at a Unix socket."""
    proxy = PostgresProxy(database_url)
    serving = threading.Thread(target=proxy.serve, daemon=True)
    serving.start()
    try:
        yield proxy
    finally:
        proxy.close()
        serving.join(5)
