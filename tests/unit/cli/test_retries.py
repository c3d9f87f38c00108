"""A read of the command line outlives a blip of the API; what changes something is never sent twice by itself."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from pydantic import SecretStr

from orchestrator.cli.api_client import ApiClient
from orchestrator.cli.api_errors import ApiError, ApiUnreachable


class Api(ThreadingHTTPServer):
    """An API that fails in the given ways before it answers: a status, or 0 for a connection that breaks."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.failures: list[int] = []
        self.asked = 0


class _Handler(BaseHTTPRequestHandler):
    server: Api

    def do_GET(self) -> None:
        self.server.asked += 1
        status = self.server.failures.pop(0) if self.server.failures else 200
        if not status:
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self.send_response(status)
        if status == 503:
            self.send_header("Retry-After", "2")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def api() -> Iterator[Api]:
    with Api() as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def client(api: Api, waits: list[float]) -> Iterator[ApiClient]:
    client = ApiClient(f"http://127.0.0.1:{api.server_port}", SecretStr("k"), wait=waits.append)
    yield client
    client.close()


def test_a_read_is_repeated_after_a_broken_connection_and_as_a_busy_api_says(
    api: Api, client: ApiClient, waits: list[float]
) -> None:
    api.failures = [0, 503]

    assert client.dialing.get() == {}
    assert api.asked == 3
    assert waits[1] == 2.0 and 0 < waits[0] < 1


def test_a_read_is_given_up_after_some_attempts(api: Api, client: ApiClient) -> None:
    api.failures = [503] * 50

    with pytest.raises(ApiError, match="503"):
        client.dialing.get()
    assert api.asked == 4


def test_no_api_at_all_is_said_after_the_same_attempts(waits: list[float]) -> None:
    client = ApiClient("http://127.0.0.1:1", SecretStr("k"), wait=waits.append)

    with pytest.raises(ApiUnreachable):
        client.dialing.get()
    assert len(waits) == 3 and sum(waits) < 4


def test_a_definite_answer_is_not_asked_for_again(api: Api, client: ApiClient) -> None:
    api.failures = [404]

    with pytest.raises(ApiError, match="404"):
        client.dialing.get()
    assert api.asked == 1


@pytest.mark.parametrize("failure", [0, 503])
def test_what_changes_something_is_sent_once(api: Api, client: ApiClient, failure: int) -> None:
    api.failures = [failure]

    with pytest.raises((ApiError, ApiUnreachable)):
        client.dialing.stop()
    assert api.asked == 1
