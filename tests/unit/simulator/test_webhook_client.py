"""The client for webhooks: what it sends, which status it returns, and which connections it keeps."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import pytest

from simulator.webhooks.client import WebhookClient
from tests.support.private_ca import make_authority, tls_server

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
HEADERS = {"telnyx-timestamp": "1772463840"}
_LONG_S = 30.0


class Receiver:
    """Answers the nth request with the nth of these bytes, and the later ones with the last; b"" answers nothing."""

    def __init__(self, *answers: bytes, closes: bool = False) -> None:
        self._answers = list(answers)
        self._closes = closes
        self.requests: list[bytes] = []
        self.connections = 0
        self.ended = asyncio.Event()
        self._serving: set[asyncio.Task[None]] = set()

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._serving.add(asyncio.create_task(self._serve(reader, writer)))

    async def finish(self) -> None:
        await asyncio.gather(*self._serving)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while (head := await self._head(reader)) is not None:
            self.requests.append(head + await reader.readexactly(2))
            writer.write(self._answers.pop(0) if len(self._answers) > 1 else self._answers[0])
            if self._closes:
                break
        self.ended.set()
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    async def _head(self, reader: asyncio.StreamReader) -> bytes | None:
        try:
            return await reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionResetError):
            return None


def _run(
    receiver: Callable[[], Receiver],
    act: Callable[[WebhookClient, Receiver, str], Awaitable[object]],
    *,
    timeout_s: float = _LONG_S,
    connections: int = 8,
    kept_idle_s: float = _LONG_S,
) -> tuple[object, Receiver]:
    async def run() -> tuple[object, Receiver]:
        listening = receiver()
        server = await asyncio.start_server(listening.accept, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hooks?a=ü"
        client = WebhookClient(timeout_s=timeout_s, connections=connections, kept_idle_s=kept_idle_s)
        try:
            return await asyncio.wait_for(act(client, listening, url), 20), listening
        finally:
            client.close()
            server.close()
            await listening.finish()

    return asyncio.run(run())


def _statuses(count: int) -> Callable[[WebhookClient, Receiver, str], Awaitable[list[int]]]:
    async def post(client: WebhookClient, _receiver: Receiver, url: str) -> list[int]:
        return [await client.post(url, b"{}", HEADERS) for _ in range(count)]

    return post


def test_a_request_has_the_headers_of_the_carrier_and_the_url_encoded() -> None:
    _, receiver = _run(lambda: Receiver(OK), _statuses(1))

    head, body = receiver.requests[0].split(b"\r\n\r\n")
    line, host, *rest = head.decode().split("\r\n")
    assert line == "POST /hooks?a=%C3%BC HTTP/1.1"
    assert host.startswith("Host: 127.0.0.1:")
    assert set(rest) == {
        "Content-Type: application/json",
        "User-Agent: telnyx-webhooks",
        "Accept: */*",
        "Accept-Encoding: gzip, deflate",
        "telnyx-timestamp: 1772463840",
        "Content-Length: 2",
    }
    assert body == b"{}"


def test_a_login_in_the_url_becomes_a_header() -> None:
    async def post(client: WebhookClient, _receiver: Receiver, url: str) -> int:
        return await client.post(url.replace("//", "//ada:s%20cret@"), b"{}", HEADERS)

    _, receiver = _run(lambda: Receiver(OK), post)

    assert b"\r\nAuthorization: Basic YWRhOnMgY3JldA==\r\n" in receiver.requests[0]
    assert b"ada" not in receiver.requests[0]


def test_one_connection_is_kept_for_the_next_requests() -> None:
    statuses, receiver = _run(lambda: Receiver(OK, b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", OK), _statuses(3))

    assert (statuses, receiver.connections) == ([200, 500, 200], 1)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
        OK + OK,  # what was not asked for is no answer to the next request
    ],
)
def test_a_connection_that_ends_or_says_too_much_is_not_used_again(answer: bytes) -> None:
    statuses, receiver = _run(lambda: Receiver(answer), _statuses(2))

    assert (statuses, receiver.connections) == ([200, 200], 2)


def test_a_body_up_to_the_end_of_the_connection_delays_no_status() -> None:
    statuses, _ = _run(lambda: Receiver(b"HTTP/1.1 404 No\r\n\r\nand so on"), _statuses(1))

    assert statuses == [404]


def test_an_interim_response_is_no_answer() -> None:
    statuses, receiver = _run(lambda: Receiver(b"HTTP/1.1 103 Early Hints\r\n\r\n" + OK), _statuses(2))

    assert (statuses, receiver.connections) == ([200, 200], 1)


async def _post_until_cut(client: WebhookClient, receiver: Receiver, url: str) -> int:
    """Post one webhook, and return its status once the connection is closed."""
    status = await client.post(url, b"{}", HEADERS)
    await receiver.ended.wait()
    return status


@pytest.mark.parametrize("answer", [b"SSH-2.0-OpenSSH_9.6\r\n", b""])
def test_a_receiver_that_hangs_up_or_does_not_speak_http_gave_no_status(answer: bytes) -> None:
    statuses, _ = _run(lambda: Receiver(answer, closes=True), _statuses(1))

    assert statuses == [0]


def test_a_receiver_that_never_responds_gave_no_status_and_its_connection_is_closed() -> None:
    status, _ = _run(lambda: Receiver(b""), _post_until_cut, timeout_s=1.0)

    assert status == 0


def test_a_body_that_never_ends_keeps_no_connection_beyond_the_timeout() -> None:
    begun = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nso"
    status, _ = _run(lambda: Receiver(begun), _post_until_cut, timeout_s=1.0)

    assert status == 200


def test_waiting_for_one_of_the_connections_counts_towards_the_timeout() -> None:
    statuses, receiver = _run(lambda: Receiver(OK), _statuses(1), timeout_s=0.05, connections=0)

    assert (statuses, receiver.connections) == ([0], 0)


def test_a_connection_that_nobody_uses_is_closed() -> None:
    status, receiver = _run(lambda: Receiver(OK), _post_until_cut, kept_idle_s=0.01)

    assert (status, receiver.connections) == (200, 1)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:{port}/", "http://no-such-host.invalid/", "http://127.0.0.1:99999/", "ftp://one.test/"]
)
def test_an_address_that_leads_nowhere_gives_no_status(free_port: int, url: str) -> None:
    async def post() -> int:
        return await WebhookClient(timeout_s=_LONG_S).post(url.format(port=free_port), b"{}", HEADERS)

    assert asyncio.run(post()) == 0


def test_a_receiver_behind_tls_must_have_a_certificate_that_is_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = make_authority(tmp_path)

    async def post(url: str) -> int:
        client = WebhookClient(timeout_s=_LONG_S)
        status = await client.post(url, b"{}", HEADERS)
        client.close()
        return status

    with tls_server(authority) as server:
        url = f"https://localhost:{server.port}/hooks"
        untrusted = asyncio.run(post(url))
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.bundle))
        trusted = asyncio.run(post(url))

    assert (untrusted, trusted) == (0, 200)
    assert server.asked == [f"POST /hooks localhost:{server.port}"]
