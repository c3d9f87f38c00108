"""The proxy that chaos is made with: each fault does to a connection what its name says, and ends when it ends."""

from __future__ import annotations

import socket
import socketserver
import threading
import time
from collections.abc import Iterator

import pytest

from tests.support.network import Network, NetworkFault, network

SOON_S = 0.3


class _Echo(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        while data := self.request.recv(4096):
            self.server.heard.append(data)  # type: ignore[attr-defined]  # the list of this test
            self.request.sendall(data)
        self.request.sendall(b"bye")


@pytest.fixture
def server() -> Iterator[socketserver.ThreadingTCPServer]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Echo) as echo:
        echo.daemon_threads = True
        echo.heard = []  # type: ignore[attr-defined]
        thread = threading.Thread(target=echo.serve_forever, args=(0.01,))
        thread.start()
        yield echo
        echo.shutdown()
        thread.join()


@pytest.fixture
def between(server: socketserver.ThreadingTCPServer) -> Iterator[Network]:
    host, port = server.server_address[:2]
    with network({"echo": lambda: (str(host), int(port))}) as made:
        yield made


@pytest.fixture
def client(between: Network) -> Iterator[socket.socket]:
    with connected(between) as made:
        assert asked(made, b"hello") == b"hello"
        yield made


def connected(between: Network) -> socket.socket:
    return socket.create_connection(("127.0.0.1", between.port("echo")), timeout=10)


def asked(client: socket.socket, words: bytes) -> bytes:
    client.sendall(words)
    return client.recv(4096)


def is_silent(client: socket.socket) -> bool:
    client.settimeout(SOON_S)
    try:
        return client.recv(4096) is None
    except TimeoutError:
        return True
    finally:
        client.settimeout(10)


def test_a_delay_is_waited_for_in_both_directions(between: Network, client: socket.socket) -> None:
    with between.broken("echo", NetworkFault.DELAY):
        began = time.monotonic()
        assert asked(client, b"slow") == b"slow"

        assert time.monotonic() - began >= 2 * 0.3
    assert asked(client, b"quick") == b"quick"


def test_a_cut_resets_what_is_open_and_what_comes(between: Network, client: socket.socket) -> None:
    with between.broken("echo", NetworkFault.CUT):
        with pytest.raises(ConnectionResetError):
            client.recv(1)
        with pytest.raises(ConnectionResetError), connected(between) as late:
            late.recv(1)
    with connected(between) as again:
        assert asked(again, b"back") == b"back"


def test_a_half_closed_connection_still_carries_the_other_direction(
    between: Network, client: socket.socket, server: socketserver.ThreadingTCPServer
) -> None:
    with connected(between) as second:
        assert asked(second, b"there") == b"there"

        with between.broken("echo", NetworkFault.HALF_CLOSE):
            assert client.recv(4096) == b""  # the server's side is over for the first, the client's for the second
            assert second.recv(4096) == b"bye"


def test_swallowed_answers_never_come_though_the_request_arrived(
    between: Network, client: socket.socket, server: socketserver.ThreadingTCPServer
) -> None:
    with between.broken("echo", NetworkFault.SWALLOW):
        client.sendall(b"do it")
        assert is_silent(client)
        assert server.heard[-1] == b"do it"  # type: ignore[attr-defined]
    with pytest.raises(ConnectionResetError):
        client.recv(4096)


def test_a_mute_network_takes_connections_and_delivers_late(
    between: Network, client: socket.socket, server: socketserver.ThreadingTCPServer
) -> None:
    with between.broken("echo", NetworkFault.MUTE):
        client.sendall(b"late")
        assert is_silent(client)
        with connected(between) as new:
            new.sendall(b"too")
            assert is_silent(new)
        assert server.heard == [b"hello"]  # type: ignore[attr-defined]
    assert client.recv(4096) == b"late"
