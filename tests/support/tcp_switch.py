"""A TCP proxy that leads each new connection to whoever is the primary now, as a virtual address or a service does."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Address = tuple[str, int]

_READ = 65_536
_CONNECT_S = 1.0


class TcpSwitch:
    """What passes between the two sides; `leads_to` is asked at each connection, None refuses it."""

    def __init__(self, leads_to: Callable[[], Address | None]) -> None:
        self._leads_to = leads_to
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._talks: list[tuple[socket.socket, threading.Thread]] = []

    def serve(self) -> None:
        """Take connections until it is closed."""
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                talk = threading.Thread(target=self._converse, args=(client,), daemon=True)
                self._talks.append((client, talk))
                talk.start()

    def close(self) -> None:
        """End every connection."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for client, talk in self._talks:
            _end(client)
            talk.join(5)

    def _converse(self, client: socket.socket) -> None:
        with client:
            address = self._leads_to()
            if address is None:
                return
            with suppress(OSError), socket.create_connection(address, timeout=_CONNECT_S) as server:
                server.settimeout(None)
                back = threading.Thread(target=_pass, args=(server, client), daemon=True)
                back.start()
                _pass(client, server)
                back.join()


def _pass(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(_READ):
            target.sendall(data)
    for each in (source, target):
        _end(each)


def _end(each: socket.socket) -> None:
    with suppress(OSError):
        each.shutdown(socket.SHUT_RDWR)


@contextmanager
def tcp_switch(leads_to: Callable[[], Address | None]) -> Iterator[TcpSwitch]:
    """Yield a proxy on a port of its own that serves until the block ends."""
    switch = TcpSwitch(leads_to)
    serving = threading.Thread(target=switch.serve, daemon=True)
    serving.start()
    try:
        yield switch
    finally:
        switch.close()
        serving.join(5)
